/// A sum of products over a model's hyper-parameters, as the families' files write sizes: `heads*head+2*kv_heads*head`.
struct SizeExpression: Sendable {
    private enum Operand: Sendable {
        case number(Double)
        case name(String)
    }
    private struct Factor: Sendable {
        var divides: Bool
        var operand: Operand
    }

    private let terms: [[Factor]]
    let text: String

    /// - Parameter text: names and numbers joined by `+`, `*` and `/`.
    init(_ text: String) {
        self.text = text
        terms = text.split(separator: "+").map { term in
            var factors: [Factor] = []
            var divides = false
            var rest = term[...]
            while !rest.isEmpty {
                let word = rest.prefix { $0 != "*" && $0 != "/" }
                let operand = Double(word).map(Operand.number) ?? .name(String(word))
                factors.append(Factor(divides: divides, operand: operand))
                rest = rest.dropFirst(word.count)
                divides = rest.first == "/"
                rest = rest.dropFirst()
            }
            return factors
        }
    }

    /// The value; nil when a name has none, or when it is not finite.
    func value(in values: [String: Double]) -> Double? {
        var sum = 0.0
        for factors in terms {
            var product = 1.0
            for factor in factors {
                let operand: Double
                switch factor.operand {
                case .number(let number): operand = number
                case .name(let name):
                    guard let value = values[name] else { return nil }
                    operand = value
                }
                product = factor.divides ? product / operand : product * operand
            }
            sum += product
        }
        return sum.isFinite ? sum : nil
    }

    /// The value as a size: whole, and from 1 to 2³¹ - 1; nil for any other.
    func size(in values: [String: Double]) -> Int? {
        guard let value = value(in: values), let size = Int(exactly: value), size > 0, size <= Int(Int32.max) else {
            return nil
        }
        return size
    }
}
