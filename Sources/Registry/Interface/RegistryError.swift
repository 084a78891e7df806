/// An act that the registry refuses or cannot do: what is wrong and what to do.
public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong; no final period.
    public var problem: String
    /// What to do about it; no final period.
    public var remedy: String

    package init(_ problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    /// `problem. Remedy.`
    public var description: String { "\(problem). \(remedy)." }
}
