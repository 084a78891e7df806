import ArgumentParser
import Bytes
import Registry

extension CompletionKind {
    /// The names of artifacts in the store, as they are typed.
    static var artifactNames: CompletionKind {
        .custom { words, _, prefix in ArtifactNames.completions(of: prefix, words: words, .process) }
    }
}

/// Names that a shell offers while a command is typed. The catalog is only read, and whatever is wrong with it is no
/// completion: nothing is printed, and nobody waits for another process.
enum ArtifactNames {
    /// More than a person looks through are not offered.
    static let greatestCount = 200

    /// - Parameters:
    ///   - prefix: what is typed of the name.
    ///   - words: the whole command line, in which `--home` may stand.
    static func completions(of prefix: String, words: [String], _ environment: Environment) -> [String] {
        do {
            var waiting = Waiting()
            waiting.patience = .zero
            let home = try environment.homeFolder(option: home(in: words))
            let registry = try ModelRegistry(home: home, access: .readOnly, waiting: waiting)
            return try registry.names(beginningWith: prefix, limit: greatestCount)
        } catch {
            return []
        }
    }

    static func home(in words: [String]) -> String? {
        for (place, word) in words.enumerated() {
            if word == "--home", place + 1 < words.count { return words[place + 1] }
            if word.hasPrefix("--home=") { return String(word.dropFirst("--home=".count)) }
        }
        return nil
    }
}
