import ArgumentParser
import Registry

/// `x=stored_bytes,y=acc:max` as an argument.
struct ParetoArgument: Sendable {
    let request: ParetoRequest

    /// - Throws: `ValidationError` when the text is something else.
    init(parsing text: String) throws {
        let parts = text.firstRange(of: ",y=")
        guard text.hasPrefix("x="), let parts else {
            throw ValidationError(
                "'\(text)' names no two axes; write x=NAME,y=NAME, such as x=stored_bytes,y=rel_rmse.")
        }
        request = ParetoRequest(
            x: try Self.axis(text[..<parts.lowerBound].dropFirst(2)), y: try Self.axis(text[parts.upperBound...]))
        guard request.x.name.lowercased() != request.y.name.lowercased() else {
            throw ValidationError("Both axes are '\(request.x.name)'; name two.")
        }
    }

    /// A name, with `:min` or `:max` behind it where the name does not tell which is better.
    private static func axis(_ text: Substring) throws -> ParetoRequest.Axis {
        var name = text
        var better: ParetoRequest.Better?
        for (ending, meaning) in [(":min", ParetoRequest.Better.lower), (":max", .higher)]
        where name.hasSuffix(ending) {
            name = name.dropLast(ending.count)
            better = meaning
        }
        guard !name.isEmpty else { throw ValidationError("An axis of --pareto has no name.") }
        return ParetoRequest.Axis(String(name), better: better)
    }
}
