import ArgumentParser
import Blobs
import Bytes
import Catalog
import Foundation

/// Measures how one tensor is read out of a large artifact that is compressed and stored as differences.
struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract:
            "Measure reading one tensor of an artifact that is stored as differences, each time in a fresh process.",
        discussion: """
            Makes a model and a relative of it, of whose weights each differs by little, registers both and compresses
            them, the relative as differences. Then a process of its own opens the store and reads as many bytes of a
            tensor as asked for; another opens nothing, to tell what a process takes by itself.
            """)

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A folder to make for files; it must not exist, and is removed at the end.") var work: String
    @Option(help: "How many parameters, such as 500M or 1.2B.") var parameters = "1.2B"
    @Option(help: "How many megabytes of a tensor to read.") var megabytes = 16
    @Option(help: "How often to measure.") var runs = 5

    func validate() throws {
        guard runs > 0, megabytes > 0 else { throw ValidationError("--runs and --megabytes must be above 0.") }
        guard !FileManager.default.fileExists(atPath: work) else {
            throw ValidationError("'\(work)' exists already; name another folder.")
        }
    }

    func run() throws {
        defer { try? FileManager.default.removeItem(atPath: work) }
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        try makeHome()
        let (digest, byteCount, stored) = try findBlob()
        let idle = try (0..<runs).map { _ in try measure(digest, byteCount: 0) }
        let times = try (0..<runs).map { _ in try measure(digest, byteCount: megabytes * 1_000_000) }
        let floor = Spread(idle.map(\.megabytes)).median
        print("a tensor of \(byteCount) bytes, stored in \(stored) as a difference from a coded one; fresh processes")
        printTable([
            ["read \(megabytes) MB of it", "min", "median", "max"],
            ["wall ms"] + Spread(times.map(\.milliseconds)).cells,
            ["peak MB above idle, \(megabytes) for the bytes"] + Spread(times.map { $0.megabytes - floor }).cells,
        ])
    }

    private func makeHome() throws {
        let model = work + "/base"
        let generate = try GenerateCommand.parse(["--parameters", parameters, "--out", model])
        try generate.run()
        try Self.writeRelative(of: model, to: work + "/fine")
        let environment = ["INGOT_HOME": work + "/home"]
        for arguments in [
            ["register", model, "--as", "base"], ["register", work + "/fine", "--as", "fine"], ["compress", "base"],
            ["compress", "fine", "--base", "base"],
        ] {
            _ = try ChildProcess.run([ingot] + arguments + ["--quiet"], environment: environment)
        }
    }

    /// A copy of which nearly every weight is another, by little, as fine-tuning leaves it.
    private static func writeRelative(of folder: String, to target: String) throws {
        try FileManager.default.copyItem(atPath: folder, toPath: target)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: target + "/model.safetensors"))
        defer { try? file.close() }  // everything was written, or the error is under way
        let header = try file.read(upToCount: 8).map { $0.reversed().reduce(0) { $0 << 8 | UInt64($1) } } ?? 0
        var random = WordGenerator(state: 3)
        var place = 8 + header
        while true {
            try file.seek(toOffset: place)
            guard var bytes = try file.read(upToCount: 16 << 20).map(Array.init), !bytes.isEmpty else { return }
            for word in 0..<bytes.count / 2 { bytes[2 * word] ^= UInt8(random.next() % 16) }
            try file.seek(toOffset: place)
            try file.write(contentsOf: bytes)
            place += UInt64(bytes.count)
        }
    }

    /// The smallest tensor that is large enough and stored as a difference.
    private func findBlob() throws -> (Digest, byteCount: Int, stored: Int) {
        let door = try SQLDoor(path: work + "/home/catalog.sqlite")
        var found: (Digest, Int, Int)?
        _ = try door.run(
            """
            SELECT digest, bytes, stored_bytes FROM blob_summary
            WHERE base_digest IS NOT NULL AND bytes >= \(megabytes * 1_000_000) ORDER BY bytes, digest LIMIT 1
            """
        ) { row in
            guard case .text(let text) = row[0], case .integer(let byteCount) = row[1],
                case .integer(let stored) = row[2], let digest = Digest(hex: text)
            else { return }
            found = (digest, Int(byteCount), Int(stored))
        }
        guard let found else { throw BenchError(text: "no tensor of \(megabytes) MB is stored as a difference") }
        return found
    }

    private func measure(_ digest: Digest, byteCount: Int) throws -> (milliseconds: Double, megabytes: Double) {
        let answer = work + "/answer"
        _ = try ChildProcess.run(
            [
                CommandLine.arguments[0], "read-blob", work + "/home", digest.hex, "\(byteCount)", "--answer", answer,
            ], environment: [:])
        let words = try String(contentsOfFile: answer, encoding: .utf8).split(separator: " ").compactMap { Double($0) }
        guard words.count == 2 else { throw BenchError(text: "no figures came back") }
        return (words[0], words[1] / 1000)
    }
}

/// Reads the first bytes of one blob, and writes down how many milliseconds that took: what `read` starts.
struct ReadBlobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "read-blob", shouldDisplay: false)

    @Argument var home: String
    @Argument var digest: String
    @Argument var byteCount: Int
    @Option var answer: String

    func run() throws {
        guard let digest = Digest(hex: digest) else { throw ValidationError("'\(digest)' is no digest.") }
        let elapsed = try Elapsed.of {
            guard byteCount > 0 else { return }
            let reader = try BlobStore(home: home).reader(of: digest, cache: ChunkCache())
            var buffer = [UInt8](repeating: 0, count: byteCount)
            try reader.read(byteCount, at: 0, into: &buffer)
        }
        let figures = "\(elapsed.wall * 1000) \(try Self.peakKilobytes())"
        try Data(figures.utf8).write(to: URL(fileURLWithPath: answer))
    }

    /// The greatest resident set of this program; what `wait4` tells may be that of the one that started it.
    private static func peakKilobytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let word = line.split(whereSeparator: \.isWhitespace).dropFirst().first, let count = Int(word)
        else { throw BenchError(text: "/proc/self/status tells no VmHWM") }
        return count
    }
}
