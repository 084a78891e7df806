import Blobs
import Bytes
import Foundation
import Synchronization
import Tensors
import Transforms

/// Which tensors of a conversion are done, and where their bytes wait: a file in the act's area, a line for each tensor,
/// so that the same conversion goes on where a killed one stopped.
///
/// A line is written when the bytes that it names are durable. A last line that was cut off counts for nothing.
final class ConversionJournal: Sendable {
    private let folder: String
    private let file: SharedFile
    private let done: [Int: [Output]]

    /// What is written down of an output; all else follows from the plan.
    fileprivate struct Output: Codable, Sendable {
        var name: String
        /// A quantization state's length is known only when it is made.
        var shape: [Int]
        /// The file in the area.
        var file: String
        /// Where in the scratch file, when it is one.
        var range: [Int]?
        var byteCount: Int
        /// Of bytes in a scratch file.
        var digest: String?
        var errors: ErrorSums?
        var nestedOffset: Float?
        var findings: RewriteFindings?
    }

    private struct Line: Codable {
        var tensor: Int
        var outputs: [Output]
    }

    private static let lineFeed = UInt8(ascii: "\n")

    /// Reads what an earlier act has left in the area, and removes the files that no line names.
    convenience init(in area: StagingArea) throws {
        let path = area.path + "/" + StagingArea.journalName
        var lines: [Line] = []
        var names: Set<String> = []
        for line in try Self.lines(of: path) where line.outputs.allSatisfy({ Self.isThere($0, in: area.path) }) {
            lines.append(line)
            for output in line.outputs { names.insert(output.file) }
        }
        try area.removeFiles(except: names)
        let next = try SharedFile(path + ".next")
        for line in lines { try next.append(try Self.text(of: line)) }
        try Folder.rename(path + ".next", to: path)
        self.init(folder: area.path, file: next, lines: lines)
    }

    private init(folder: String, file: SharedFile, lines: [Line]) {
        self.folder = folder
        self.file = file
        done = Dictionary(lines.map { ($0.tensor, $0.outputs) }) { _, last in last }
    }

    /// The outputs of a tensor, made now unless an earlier act has made them.
    /// - Parameter index: the tensor's place in the plan.
    func outputs(
        of tensor: PlannedTensor, at index: Int, _ make: () throws -> [OutputTensor]
    ) throws -> [OutputTensor] {
        let parts = tensor.parts
        if let known = done[index], known.map(\.name) == parts.map(\.name) {
            return zip(known, parts).map { $0.output(of: $1, in: folder) }
        }
        let outputs = try make()
        let recorded = outputs.compactMap(Output.init)
        // What lies in the store already costs nothing to find again.
        guard recorded.count == outputs.count else { return outputs }
        try file.append(try Self.text(of: Line(tensor: index, outputs: recorded)))
        return outputs
    }

    private static func lines(of path: String) throws -> [Line] {
        guard Folder.exists(path) else { return [] }
        let file = try OpenFile(path)
        let bytes = try file.bytes(0..<file.byteCount)
        return bytes.split(separator: lineFeed, omittingEmptySubsequences: true).compactMap { line in
            try? JSONDecoder().decode(Line.self, from: Data(line))
        }
    }

    private static func text(of line: Line) throws -> [UInt8] { Array(try JSONEncoder().encode(line)) + [lineFeed] }

    /// Whether the bytes are as long as they were, and of small ones whether they are the same.
    private static func isThere(_ output: Output, in folder: String) -> Bool {
        guard let file = try? OpenFile("\(folder)/\(output.file)") else { return false }
        guard let range = output.range else { return file.byteCount == output.byteCount }
        guard range.count == 2, range[0] >= 0, range[0] <= range[1], range[1] <= file.byteCount,
            let bytes = try? file.bytes(range[0]..<range[1])
        else { return false }
        return Digest(of: bytes).hex == output.digest
    }
}

/// A file that all threads of an act add to.
private final class SharedFile: Sendable {
    private let file: Mutex<NewFile>

    init(_ path: String) throws {
        let file = try NewFile(path)
        self.file = Mutex(file)
    }

    func append(_ bytes: [UInt8]) throws { try file.withLock { try $0.append(bytes.span) } }
}

extension ConversionJournal.Output {
    /// Nil for what lies in the store.
    init?(_ output: OutputTensor) {
        switch output.content {
        case .stored: return nil
        case .staged(let path, let byteCount):
            self.init(
                name: output.name, shape: output.shape, file: Self.name(of: path), byteCount: byteCount)
        case .scratch(let place, let digest):
            self.init(
                name: output.name, shape: output.shape, file: Self.name(of: place.path),
                range: [place.range.lowerBound, place.range.upperBound], byteCount: place.range.count,
                digest: digest.hex)
        }
        if case .principal(_, _, let sums) = output.part { errors = sums }
        nestedOffset = output.nestedOffset
        findings = output.findings
    }

    /// The output as it was made.
    /// - Parameter part: what the plan knows of it.
    func output(of part: PlannedPart, in folder: String) -> OutputTensor {
        let path = "\(folder)/\(file)"
        let content: OutputTensor.Content =
            if let range, let digest = digest.flatMap(Digest.init(hex:)) {
                .scratch(ScratchFile.Place(path: path, range: range[0]..<range[1]), digest)
            } else {
                .staged(path: path, byteCount: byteCount)
            }
        var output = OutputTensor(part, content: content, shape: shape, errors: errors)
        output.nestedOffset = nestedOffset
        output.findings = findings
        output.statistics = findings?.statistics
        return output
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
