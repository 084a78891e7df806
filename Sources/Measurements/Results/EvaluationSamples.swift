import Bytes

/// The samples that lm-evaluation-harness logs beside its results (`samples_TASK_DATE.jsonl`): one line for each
/// question. They are counted and not kept. Source: lm-evaluation-harness, `lm_eval/loggers/evaluation_tracker.py`.
package struct EvaluationSamples: Equatable, Sendable {
    package let task: String
    package let count: Int

    package init(task: String, count: Int) {
        self.task = task
        self.count = count
    }

    /// Bytes at a file's start that tell whether it holds samples.
    package static let startByteCount = 1 << 16

    /// Whether `start`, a file's first bytes, begins a line of samples: an object that has a document's number, what
    /// was asked and what came back. A line may be longer than what is looked at.
    package static func recognizes(_ start: [UInt8]) -> Bool {
        var scanner = JSONScanner(start, dialect: .python)
        var keys: Set<String> = []
        do {
            try scanner.takeObject { (scanner, key, _) throws(FormatError) in
                keys.insert(key)
                try scanner.skipValue()
            }
        } catch {
            // Cut off where the bytes end: the keys until there tell.
        }
        return keys.contains("doc_id") && (keys.contains("doc") || keys.contains("arguments"))
            && keys.isDisjoint(with: ["results"])
    }

    /// `hellaswag` for `samples_hellaswag_2026-05-01T09-30-00.123.jsonl`; nil for a name that tells no task.
    package static func task(ofFileName name: String) -> String? {
        guard name.hasPrefix("samples_"), name.hasSuffix(".jsonl") else { return nil }
        let body = name.dropFirst("samples_".count).dropLast(".jsonl".count)
        guard let end = body.lastIndex(of: "_"), end != body.startIndex else {
            return body.isEmpty ? nil : String(body)
        }
        let date = body[body.index(after: end)...]
        return date.first?.isNumber == true && date.contains("T") ? String(body[..<end]) : String(body)
    }

    /// Counts lines that are not blank.
    package struct Counter: Sendable {
        package private(set) var count = 0
        private var isLineBlank = true

        package init() {}

        package mutating func take(_ bytes: [UInt8]) {
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    isLineBlank = true
                } else if byte > 0x20, isLineBlank {
                    isLineBlank = false
                    count += 1
                }
            }
        }
    }
}
