import Bytes

/// The requests one by one, as `vllm bench serve --save-detailed` lists them: `ttfts` and `itls` in seconds, `input_lens`
/// and `output_lens` in tokens. They are read as plain numbers, as there may be millions, and not kept.
struct VLLMRequests {
    private var firsts: [Double] = []
    private var gaps: [[Double]] = []
    private var prompts: [Double] = []
    private var outputs: [Double] = []

    /// Nil where the file has no such lists, or lists that do not belong together. Requests that failed have no tokens,
    /// and are left out, as vLLM leaves them out.
    static func times(
        of record: ResultDocument.Record, in document: ResultDocument
    ) throws(FormatError) -> ServingTimes? {
        guard let seconds = record.object["duration"]?.doubleValue, seconds > 0, seconds.isFinite else { return nil }
        if let start = record.byteOffset {
            let line = Array(document.bytes[start...].prefix { $0 != UInt8(ascii: "\n") })
            return try Self(reading: line).times(wallSeconds: seconds)
        }
        guard document.json?.objectValue != nil else { return nil }
        return try Self(reading: document.bytes).times(wallSeconds: seconds)
    }

    /// - Parameter object: an object that was found to be sound.
    private init(reading object: [UInt8]) throws(FormatError) {
        var scanner = JSONScanner(object, dialect: .python)
        var found = (firsts: [Double](), gaps: [[Double]](), prompts: [Double](), outputs: [Double]())
        try scanner.takeObject { (scanner, key, _) throws(FormatError) in
            guard scanner.peek() == UInt8(ascii: "[") else { return try scanner.skipValue() }
            switch key {
            case "ttfts": found.firsts = try Self.numbers(&scanner)
            case "input_lens": found.prompts = try Self.numbers(&scanner)
            case "output_lens": found.outputs = try Self.numbers(&scanner)
            case "itls":
                try scanner.takeArray { scanner throws(FormatError) in
                    guard scanner.peek() == UInt8(ascii: "[") else {
                        found.gaps.append([.nan])
                        return try scanner.skipValue()
                    }
                    found.gaps.append(try Self.numbers(&scanner))
                }
            default: try scanner.skipValue()
            }
        }
        (firsts, gaps, prompts, outputs) = found
    }

    /// An array's numbers, with NaN for what is none.
    private static func numbers(_ scanner: inout JSONScanner) throws(FormatError) -> [Double] {
        var numbers: [Double] = []
        try scanner.takeArray { scanner throws(FormatError) in
            switch scanner.peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"),
                UInt8(ascii: "n"):
                try scanner.skipValue()
                numbers.append(.nan)
            default: numbers.append(Double(try scanner.takeNumber()) ?? .nan)
            }
        }
        return numbers
    }

    private func times(wallSeconds: Double) -> ServingTimes? {
        guard gaps.count == firsts.count, prompts.count == firsts.count, outputs.count == firsts.count else {
            return nil
        }
        let requests = firsts.indices.compactMap { index -> RequestTimes? in
            guard firsts[index].isFinite, gaps[index].allSatisfy(\.isFinite),
                let prompt = Int(exactly: prompts[index]), let output = Int(exactly: outputs[index]), prompt >= 0,
                output > 0, prompt < 1 << 40, output < 1 << 40
            else { return nil }
            return RequestTimes(
                timeToFirstToken: firsts[index], gaps: gaps[index], promptTokens: prompt, outputTokens: output)
        }
        return requests.isEmpty ? nil : ServingTimes(requests, wallSeconds: wallSeconds)
    }
}
