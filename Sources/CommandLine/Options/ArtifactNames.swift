import ArgumentParser
import Bytes
import Registry

extension CompletionKind {
    /// The names of artifacts in the store, as they are typed.
    static var artifactNames: CompletionKind {
        .custom { words, _, prefix in
            let names = ArtifactNames.completions(of: prefix, words: words, .process)
            // zsh takes what follows a colon for a description.
            return CompletionShell.requesting == .zsh ? names.map { $0.replacing(":", with: "\\:") } : names
        }
    }
}

extension CompletionKind {
    /// The names of runs in the store.
    static var runNames: CompletionKind {
        .custom { words, _, prefix in
            ArtifactNames.offered(words, .process) {
                try $0.runNames(beginningWith: prefix, limit: ArtifactNames.greatestCount)
            }
        }
    }
}

/// Names that a shell offers while a command is typed. The catalog is only read, and whatever is wrong with it is no
/// completion: nothing is printed, and nobody waits for another process.
enum ArtifactNames {
    /// More than a person looks through are not offered.
    static let greatestCount = 200

    /// - Parameters:
    ///   - prefix: what is typed of the word.
    ///   - words: the whole command line, in which `--home` may stand.
    static func completions(of prefix: String, words: [String], _ environment: Environment) -> [String] {
        offered(words, environment) { try $0.names(beginningWith: prefix, limit: greatestCount) }
    }

    /// What a home tells that may be `--home` of the words.
    static func offered(
        _ words: [String], _ environment: Environment, _ names: (ModelRegistry) throws -> [String]
    ) -> [String] {
        do {
            var waiting = Waiting()
            waiting.patience = .zero
            let home = try environment.homeFolder(option: home(in: words))
            let registry = try ModelRegistry(home: home, access: .readOnly, waiting: waiting)
            return try names(registry)
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
