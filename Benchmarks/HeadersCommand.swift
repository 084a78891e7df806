import ArgumentParser
import Bytes
import Formats
import Foundation
import Numbers
import Tensors

/// Measures how long it takes to read where a file's tensors lie.
struct HeadersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headers",
        abstract: "Measure reading headers with many tensors, or a large vocabulary; with --ingot also 'ingot inspect'."
    )

    @Option(help: "How often to measure.") var runs = 9
    @Option(help: "The tensors of the one header.") var tensors = 100_000
    @Option(help: "The tokens of the other one.") var tokens = 150_000

    @Option(help: "The program, such as .build/release/ingot; 'inspect' is then measured as a whole process.")
    var ingot: String?

    func validate() throws {
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
    }

    func run() throws {
        var rows = [["CPU milliseconds", "min", "median", "max"]]
        rows.append(try measure("\(tensors) tensors", try manyTensors()))
        rows.append(try measure("\(tokens) tokens", try largeVocabulary()))
        if let ingot {
            rows.append(try inspect(ingot, "\(tensors) tensors, GGUF", try manyTensors()))
            rows.append(try inspect(ingot, "\(tensors) tensors, safetensors", try manySafetensors()))
        }
        printTable(rows)
    }

    private func measure(_ name: String, _ bytes: [UInt8]) throws -> [String] {
        let source = MemorySource(bytes)
        let times = try (0..<runs).map { _ in
            try Elapsed.of {
                if try GGUF.layout(of: source).format != "gguf" { print("another format") }
            }.processor * 1000
        }
        return ["\(name), \(bytes.count / 1000) kB"] + Spread(times).cells
    }

    /// Times the program on a file that was just written, and so is in memory.
    private func inspect(_ ingot: String, _ name: String, _ bytes: [UInt8]) throws -> [String] {
        let path = NSTemporaryDirectory() + "/ingot-headers-\(ProcessInfo.processInfo.processIdentifier)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { _ = unsafe unlink(path) }
        let times = try (0..<runs).map { _ in
            try ChildProcess.run([ingot, "inspect", path], environment: [:]).elapsed.processor * 1000
        }
        return ["ingot inspect: \(name)"] + Spread(times).cells
    }

    private func manySafetensors() throws -> [UInt8] {
        let names = (0..<tensors).map { "model.layers.\($0 / 9).mlp.experts.\($0 % 9).up_proj.weight" }
        let layout = try SafetensorsLayout(
            tensors: names.map { (name: $0, dtype: .BF16, shape: [1, 4]) }, metadata: [("format", "pt")])
        return layout.headerBytes + [UInt8](repeating: 0, count: 8 * tensors)
    }

    private func manyTensors() throws -> [UInt8] {
        let layout = try GGUFLayout(
            metadata: GGUFMetadata([("general.architecture", .text("llama"))]),
            tensors: (0..<tensors).map { ("blk.\($0).ffn_gate_exps.weight", .plain(.F32), [0, 4096]) })
        return layout.headerBytes
    }

    private func largeVocabulary() throws -> [UInt8] {
        let words = (0..<tokens).map { "token\($0 &* 7919)" }
        let layout = try GGUFLayout(
            metadata: GGUFMetadata([
                ("tokenizer.ggml.tokens", .array(GGUFArray(strings: words))),
                ("tokenizer.ggml.merges", .array(GGUFArray(strings: words.map { "a \($0)" }))),
                ("tokenizer.ggml.token_type", .array(GGUFArray(int32: words.map { _ in 1 }))),
            ]), tensors: [])
        return layout.headerBytes
    }
}
