/// A tensor's name with its numbers taken out: `blk.3.attn_q.weight` is the pattern `blk.*.attn_q.weight` and 3.
struct NumberedName: Hashable, Sendable {
    let pattern: String
    let numbers: [Int]

    init(pattern: String, numbers: [Int]) {
        self.pattern = pattern
        self.numbers = numbers
    }

    /// - Parameter name: parts joined by periods; a part of digits alone, without needless zeros, is a number.
    init(_ name: String) {
        var numbers: [Int] = []
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { part -> Substring in
            guard let number = Int(part), number >= 0, String(number) == part else { return part }
            numbers.append(number)
            return "*"
        }
        pattern = parts.joined(separator: ".")
        self.numbers = numbers
    }

    /// The name: the pattern with its numbers put in, in order.
    var text: String {
        var rest = numbers[...]
        return pattern.split(separator: ".", omittingEmptySubsequences: false).map { part in
            part == "*" ? rest.popFirst().map(String.init) ?? "*" : String(part)
        }.joined(separator: ".")
    }
}
