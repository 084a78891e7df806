/// What stands in a lock or lease file: who holds the place, and what for.
package struct ClaimRecord: Equatable, Sendable {
    package let process: ProcessIdentity
    /// What the holder does, in a few words.
    package let act: String
    /// Tells this holding from every other.
    let token: String
    /// How often a lease was renewed.
    var renewalCount = 0

    /// The longest record; longer files are none.
    static let greatestByteCount = 4096

    package init(act: String) {
        process = .current()
        let words = act.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.act = String(decoding: words.utf8.prefix(512), as: UTF8.self)
        token = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    }

    private static let title = "ingot claim 1"

    /// Nil for bytes that are no record. Behind one may lie the rest of an older, longer one.
    init?(parsing bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 8, lines[0] == Self.title, let number = Int(lines[1]),
            let renewalCount = Int(lines[5])
        else { return nil }
        process = ProcessIdentity(number: number, started: String(lines[2]), host: String(lines[3]))
        token = String(lines[4])
        self.renewalCount = renewalCount
        act = String(lines[6])
    }

    /// Title, process number, its start, host, token, renewals, act: a line each. Renewed, it keeps its length.
    var bytes: [UInt8] {
        let count = String(renewalCount)
        let padded = String(repeating: "0", count: max(0, 12 - count.count)) + count
        let lines = [Self.title, String(process.number), process.started, process.host, token, padded, act, ""]
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Who holds the place and what for: `process 1234 (register /data/llama)`.
    package var description: String {
        let place = process.state == .elsewhere ? " on \(process.host)" : ""
        return "process \(process.number)\(place)\(act.isEmpty ? "" : " (\(act))")"
    }
}
