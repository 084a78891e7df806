/// Lists of tensor names, shortened by what repeats from layer to layer.
enum TensorNames {
    /// `model.layers.{0-3}.input_layernorm.weight (4)` for names that differ in their numbers only; others as they are.
    /// In the order of their first members.
    static func compacted(_ names: [String]) -> [String] {
        var order: [String] = []
        var groups: [String: [[Int]]] = [:]
        var firstNames: [String: String] = [:]
        for name in names {
            let (pattern, numbers) = pattern(name)
            if groups[pattern] == nil {
                order.append(pattern)
                firstNames[pattern] = name
            }
            groups[pattern, default: []].append(numbers)
        }
        return order.map { pattern in
            let members = groups[pattern] ?? []
            guard members.count > 1 else { return firstNames[pattern] ?? pattern }
            return "\(filled(pattern, with: members)) (\(members.count))"
        }
    }

    /// The name with each numeric part replaced by NUL, and the numbers.
    private static func pattern(_ name: String) -> (String, [Int]) {
        var numbers: [Int] = []
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { part -> String in
            guard let number = Int(part), String(number) == part else { return String(part) }
            numbers.append(number)
            return "\0"
        }
        return (parts.joined(separator: "."), numbers)
    }

    private static func filled(_ pattern: String, with members: [[Int]]) -> String {
        var position = 0
        return pattern.split(separator: ".", omittingEmptySubsequences: false).map { part -> String in
            guard part == "\0" else { return String(part) }
            let values = Set(members.map { $0[position] }).sorted()
            position += 1
            return values.count == 1 ? "\(values[0])" : "{\(ranges(values))}"
        }.joined(separator: ".")
    }

    /// `0-3,7` from sorted, distinct numbers.
    private static func ranges(_ values: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for value in values {
            if let last = runs.last, last.upperBound + 1 == value {
                runs[runs.count - 1] = last.lowerBound...value
            } else {
                runs.append(value...value)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
