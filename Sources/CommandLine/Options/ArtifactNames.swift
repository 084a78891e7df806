import ArgumentParser
import Bytes
import Registry

extension CompletionKind {
    /// The names of artifacts in the store, as they are typed.
    static var artifactNames: CompletionKind {
        .custom { words, place, prefix in
            let names = ArtifactNames.completions(of: prefix, at: place, words: words, .process)
            // zsh takes what follows a colon for a description.
            return CompletionShell.requesting == .zsh ? names.map { $0.replacing(":", with: "\\:") } : names
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
    ///   - place: which of `words` it is.
    ///   - words: the whole command line, in which `--home` may stand.
    static func completions(of prefix: String, at place: Int, words: [String], _ environment: Environment) -> [String] {
        let (before, typed) = joined(prefix, at: place, words)
        do {
            var waiting = Waiting()
            waiting.patience = .zero
            let home = try environment.homeFolder(option: home(in: words))
            let registry = try ModelRegistry(home: home, access: .readOnly, waiting: waiting)
            let names = try registry.names(beginningWith: before + typed, limit: greatestCount)
            return names.map { String($0.dropFirst(before.count)) }.filter { !$0.isEmpty }
        } catch {
            return []
        }
    }

    /// bash makes several words of `model:tag` and `model@v1`, of which only the last is to be completed.
    /// - Returns: what stands before that last part, and what is typed of it.
    private static func joined(_ prefix: String, at place: Int, _ words: [String]) -> (before: String, typed: String) {
        let marks: Set = [":", "@"]
        if marks.contains(prefix), place > 0, place < words.count { return (words[place - 1], prefix) }
        guard place > 1, place <= words.count, marks.contains(words[place - 1]) else { return ("", prefix) }
        return (words[place - 2] + words[place - 1], prefix)
    }

    static func home(in words: [String]) -> String? {
        for (place, word) in words.enumerated() {
            if word == "--home", place + 1 < words.count { return words[place + 1] }
            if word.hasPrefix("--home=") { return String(word.dropFirst("--home=".count)) }
        }
        return nil
    }
}
