import Foundation

/// A program that quantizes models, with the script in scripts/peers that drives it.
enum Peer: String, CaseIterable {
    case llama = "llama_quantize.py"
    case mlx = "mlx_convert.py"
    case bitsandbytes = "bitsandbytes_nf4.py"

    var title: String {
        switch self {
        case .llama: "llama-quantize"
        case .mlx: "mlx_lm.convert"
        case .bitsandbytes: "bitsandbytes"
        }
    }
}

/// Runs peers on the model that Ingot converts.
struct PeerBench {
    let python: String
    let drivers: String
    let model: String
    let work: String

    private var gguf: String { work + "/model.gguf" }

    /// Makes the file that llama.cpp reads.
    func prepare(ingot: String, environment: [String: String]) throws {
        _ = try ChildProcess.run(
            [ingot, "export", "bench", gguf, "--format", "gguf", "--dtype", "bf16"], environment: environment)
    }

    /// Runs a row's peer and removes what it made; nil without a peer.
    func run(_ row: QuantizeRow) throws -> ChildProcess? {
        guard let peer = row.peer else { return nil }
        let output = work + "/peer"
        let threads = String(row.threads)
        let arguments =
            switch peer {
            case .llama: [gguf, output, row.scheme, threads]
            case .mlx: [model, output, "4", "64"]
            case .bitsandbytes: [model, output, threads]
            }
        let child = try start(peer, arguments)
        try FileManager.default.removeItem(atPath: output)
        return child
    }

    /// What each peer takes before it does anything: a table's rows.
    func starting(runs: Int) throws -> [[String]] {
        try Peer.allCases.map { peer in
            [peer.title] + Spread(try (0..<runs).map { _ in try start(peer, []).elapsed.processor }).cells
        }
    }

    private func start(_ peer: Peer, _ arguments: [String]) throws -> ChildProcess {
        try ChildProcess.run(
            [python, "\(drivers)/\(peer.rawValue)"] + arguments, environment: ["HF_HUB_OFFLINE": "1"])
    }
}
