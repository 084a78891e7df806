package import Bytes

/// `trainer_state.json` of Hugging Face's Trainer: an object whose member `log_history` is an array of records.
///
/// A record is an object of numbers with a `step`. NaN and infinities are bare words, as Python writes them. Source:
/// transformers, `trainer_callback.py`, class `TrainerState`.
package struct TrainerStateFile: Sendable {
    /// Members beside the history that tell how the run was set up.
    package private(set) var parameters: [(name: String, value: String)] = []
    /// The optimizer steps that were done when it was written; nil when it does not tell.
    package private(set) var globalStep: Int64?
    /// Whether the file ends inside its document; what came before counts.
    package private(set) var isCutOff = false

    /// A run of a million records has some hundred megabytes.
    package static let greatestByteCount = 256 << 20
    private static let parameterNames: Set = [
        "max_steps", "num_train_epochs", "train_batch_size", "logging_steps", "eval_steps", "save_steps",
        "best_model_checkpoint", "best_metric", "best_global_step", "trial_name",
    ]

    /// Whether `start`, a file's first bytes, opens an object with a first member that a Trainer writes.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        let head = start.extracting(first: 4_096)
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = (0..<head.count).first(where: { !isSpace(head[$0]) }), head[first] == UInt8(ascii: "{") else {
            return false
        }
        return ["\"log_history\"", "\"best_metric\"", "\"best_global_step\"", "\"global_step\""].contains {
            NumberText.contains($0, in: head)
        }
    }

    /// - Throws: `FormatError` when the document is no such file.
    package init(parsing document: [UInt8], into values: inout RunValues) throws(FormatError) {
        var scanner = JSONScanner(document, dialect: .python)
        var hasHistory = false
        var found = values
        var settings: [(String, String)] = []
        var step: Int64?
        do {
            try scanner.takeObject { (scanner, key, _) throws(FormatError) in
                if key == "log_history" {
                    hasHistory = true
                    try scanner.takeArray { scanner throws(FormatError) in try Self.takeRecord(&scanner, &found) }
                } else if key == "global_step" {
                    step = Self.number(try scanner.takeValue()).flatMap(LogField.step)
                } else if Self.parameterNames.contains(key) {
                    if let text = Self.text(try scanner.takeValue()) { settings.append((key, text)) }
                } else {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
        } catch {
            guard hasHistory, (error.byteOffset ?? 0) >= document.count else { throw error }
            isCutOff = true
        }
        guard hasHistory else {
            throw FormatError(
                .unsupported, "there is no 'log_history', so this is no trainer_state.json",
                remedy: "Give the trainer_state.json of a checkpoint, or a log of one JSON object a line")
        }
        parameters = settings
        globalStep = step
        values = found
    }

    private static func takeRecord(_ scanner: inout JSONScanner, _ values: inout RunValues) throws(FormatError) {
        let place = scanner.offset
        var step: Int64?
        var record: [(String, Double)] = []
        try scanner.takeObject { (scanner, key, place) throws(FormatError) in
            guard let number = Self.number(try scanner.takeValue()) else { return }
            guard key == "step" else { return record.append((key, number)) }
            guard let whole = LogField.step(number) else {
                throw scanner.fault("step \(number) is no whole number", at: place)
            }
            step = whole
        }
        guard let step else { throw scanner.fault("a record of 'log_history' has no step", at: place) }
        for (name, value) in record where !name.isEmpty {
            values.append(series: try values.metric(named: name), step: step, value: value)
        }
    }

    private static func number(_ value: JSONValue) -> Double? {
        guard case .number(let literal) = value else { return nil }
        let bytes = Array(literal.utf8)
        return NumberText.number(bytes.span, 0, bytes.count)
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null, .array, .object: nil
        case .string(let text): text
        default: value.text()
        }
    }
}
