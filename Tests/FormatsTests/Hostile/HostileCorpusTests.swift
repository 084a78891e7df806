import Bytes
import Foundation
import ReaderExercises
import Testing

/// Replays `fixtures/hostile`: what each file must lead to stands in `expectations.json` beside them.
@Suite("Hostile files") struct HostileCorpusTests {
    /// One file and what its reader must say.
    struct Sample: CustomTestStringConvertible, Sendable {
        /// The path below `fixtures/hostile`.
        let path: String
        let reader: String
        /// Nil when the file is sound.
        let refusal: Refusal?

        var testDescription: String { path }
    }

    struct Refusal: Equatable, Sendable {
        let code: String
        /// The byte to blame, where one is.
        let byteOffset: Int?
        /// A part of the message.
        let says: String
    }

    static let samples: [Sample] = {
        do {
            guard let members = try Fixtures.json("hostile/expectations.json").objectValue?.members else { return [] }
            return members.map { path, value in
                let folder = path.split(separator: "/").first.map(String.init) ?? ""
                let refusal = value["code"]?.stringValue.map { code in
                    Refusal(code: code, byteOffset: value["at"]?.intValue, says: value["says"]?.stringValue ?? "")
                }
                return Sample(path: path, reader: value["reader"]?.stringValue ?? folder, refusal: refusal)
            }
        } catch {
            Issue.record(error)
            return []
        }
    }()

    @Test("each have an expectation, and each expectation a file") func complete() throws {
        let root = Fixtures.path("hostile")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root)
            .filter { !Folder.isFolder(root + "/" + $0) }
        let described: Set = ["README.md", "peer_verdicts.json", "expectations.json", "expected.json"]
        let files = paths.filter { !described.contains(($0 as NSString).lastPathComponent) }
        #expect(Set(files) == Set(Self.samples.map(\.path)))
        #expect(Self.samples.count > 500)
        #expect(Set(Self.samples.map(\.reader)).isSubset(of: Exercise.all.map(\.name)))
    }

    @Test("are refused for their own reason, at their own byte, and sound ones are not", arguments: samples)
    func reader(sample: Sample) throws {
        let exercise = try #require(Exercise.named(sample.reader))
        let outcome = exercise.outcome(of: try Fixtures.bytes("hostile/\(sample.path)"))
        guard let expected = sample.refusal else {
            #expect(outcome == .accepted)
            return
        }
        guard case .refused(let error) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(error.code.rawValue == expected.code, "\(error)")
        #expect(error.byteOffset == expected.byteOffset, "\(error)")
        #expect(error.problem.contains(expected.says) && !expected.says.isEmpty, "\(error)")
        #expect(!error.remedy.isEmpty)
    }

    /// A file may come under any name, so every reader gets every file.
    @Test("make no reader fail", arguments: samples)
    func everyReader(sample: Sample) throws {
        let bytes = try Fixtures.bytes("hostile/\(sample.path)")
        for exercise in Exercise.all {
            let start = ThreadTime.seconds
            let outcome = exercise.outcome(of: bytes)
            if case .fault(let text) = outcome { Issue.record("\(exercise.name): \(text)") }
            // A second for each megabyte, in a build without optimization, which takes some twenty times as long.
            let allowed = 20 * max(1, Double(bytes.count) / 1e6)
            #expect(ThreadTime.seconds - start < allowed, "\(exercise.name)")
        }
    }
}

/// The CPU time of the thread that asks, so that a busy machine makes no difference.
private enum ThreadTime {
    static var seconds: Double {
        var time = timespec()
        let status = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        precondition(status == 0, "no thread clock")
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}
