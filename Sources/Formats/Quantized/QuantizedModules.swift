import Bytes

/// Which modules of a model to write are quantized, as configurations must say it.
package struct QuantizedModules<State: Hashable & Sendable>: Sendable {
    /// Each quantized module by its path, with how it is held, in order.
    package let modules: [(path: String, state: State)]
    /// The linear modules that stay dense, by their paths, the output head among them.
    package let dense: [String]

    package init(modules: [(path: String, state: State)], dense: [String]) {
        self.modules = modules
        self.dense = dense
    }

    /// The states, the one with most modules first; one at least where any module is quantized.
    var states: [State] {
        var counts: [State: Int] = [:]
        var order: [State] = []
        for (_, state) in modules {
            if counts[state] == nil { order.append(state) }
            counts[state, default: 0] += 1
        }
        // The sort is stable: of equal ones the first that occurs.
        return order.sorted { (counts[$0] ?? 0) > (counts[$1] ?? 0) }
    }

    /// The modules of another state than most have.
    var exceptions: [(path: String, state: State)] {
        guard let usual = states.first else { return [] }
        return modules.filter { $0.state != usual }
    }

    /// A regular expression that finds a module's whole path and nothing else.
    static func expression(for path: String) -> String {
        "^" + path.map { ".\\+*?()[]{}^$|".contains($0) ? "\\\($0)" : String($0) }.joined() + "$"
    }
}

extension JSONValue {
    /// A whole number, or null.
    static func optional(_ number: Int?) -> JSONValue { number.map { .number($0) } ?? .null }

    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
