/// The walls, each as a function from a target and one of its files to the violations found there, in words.
struct WallChecks {
    let manifest: Manifest

    /// Modules of other packages, and the only targets below `Sources` that may import them.
    static let importers: [String: Set<String>] = [
        "GRDB": ["Catalog"], "GRDBSQLite": ["Catalog"], "ArgumentParser": ["CommandLine"], "CZlib": ["Bytes"],
        "CStatfs": ["Bytes"],
    ]

    /// Targets that talk to people: they alone print and read the environment.
    static let faces: Set<String> = ["CommandLine"]

    /// Files that are one table of constants and may be long.
    static let longTables: Set<String> = []

    static let longestFile = 400

    /// Imports of a module that stands at or below the importer's own place in the manifest's list.
    func climbingImports(of target: Manifest.Target, in file: SourceText) -> [String] {
        let order = manifest.targets.map(\.name)
        guard let own = order.firstIndex(of: target.name) else { return ["\(target.name) is not in the manifest."] }
        return file.imports.filter { order.firstIndex(of: $0.module).map { $0 >= own } ?? false }.map {
            "\(file.place($0.line)): \(target.name) imports \($0.module), which is not above it in Package.swift."
        }
    }

    /// Imports of a module of this package that the manifest does not give the target.
    func undeclaredImports(of target: Manifest.Target, in file: SourceText) -> [String] {
        let own = Set(manifest.targets.map(\.name))
        return file.imports.filter { own.contains($0.module) && !target.dependencies.contains($0.module) }.map {
            "\(file.place($0.line)): \(target.name) imports \($0.module), which its list of dependencies leaves out."
        }
    }

    /// Imports of another package's module by a target that is not the one that may.
    func foreignImports(of target: Manifest.Target, in file: SourceText) -> [String] {
        file.imports.compactMap { found in
            guard let allowed = Self.importers[found.module], !allowed.contains(target.name) else { return nil }
            let names = allowed.sorted().joined(separator: ", ")
            return "\(file.place(found.line)): only \(names) may import \(found.module)."
        }
    }

    /// Printing, and reading of the environment, outside the faces.
    func talk(of target: Manifest.Target, in file: SourceText) -> [String] {
        guard !Self.faces.contains(target.name) else { return [] }
        let pattern =
            #/
            (?:^|[^\w.]|\bSwift\.)
            (?:print|debugPrint|dump|puts|fputs|printf|vprintf|perror|getenv|secure_getenv|setenv)\s*\(
            | \bNSLog\b | \bFileHandle\s*\.\s*standard(?:Output|Error)\b
            | \benviron\b | \bprocessInfo\s*\.\s*environment\b
            /#
        return matches(of: pattern, in: file).map {
            "\($0): only \(Self.faces.sorted().joined(separator: ", ")) prints or reads the environment."
        }
    }

    /// Ways to crash on data.
    func traps(in file: SourceText) -> [String] {
        let pattern = #/\btry!|\bas!|\bfatalError\s*\(|\bunowned\(unsafe\)/#
        return matches(of: pattern, in: file).map { "\($0): bad input must throw, not end the process." }
    }

    /// Public types and functions without a doc comment; obvious properties need none.
    func undocumented(in file: SourceText) -> [String] {
        let pattern =
            #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*public\s+(?:\w+\s+)*?(?:struct|enum|class|actor|protocol|func|init|typealias)\b/#
        return file.codeLines.indices.filter { index in
            let line = file.codeLines[index]
            guard line.contains("public"), line.contains(pattern.wordBoundaryKind(.simple)) else { return false }
            let above = file.lines[..<index].last { !$0.drop(while: \.isWhitespace).hasPrefix("@") }
            return above?.drop(while: \.isWhitespace).hasPrefix("///") != true
        }
        .map { "\(file.place($0 + 1)): public, and without a doc comment." }
    }

    /// Files longer than the limit that are not named as tables.
    func longFiles(_ files: [SourceText]) -> [String] {
        files.filter { $0.lineCount > Self.longestFile && !Self.longTables.contains($0.path) }
            .map { "\($0.path): \($0.lineCount) lines; split it at \(Self.longestFile)." }
    }

    /// Names that say nothing about what a file holds.
    func vagueNames(_ files: [SourceText]) -> [String] {
        let vague = #/(?i)(?:^|\/)(?:utils?|utilities|helpers?|common|managers?|misc)\.\w+$/#
        return files.map(\.path).filter { $0.contains(vague) }
            .map { "\($0): name the file after the type in it." }
    }

    /// Word boundaries are the simple ones: Unicode's see none at the point in `a.b`.
    private func matches(of pattern: Regex<Substring>, in file: SourceText) -> [String] {
        let pattern = pattern.wordBoundaryKind(.simple)
        return file.codeLines.enumerated().flatMap { index, line -> [String] in
            guard line.utf8.contains(where: { $0 != UInt8(ascii: " ") }) else { return [] }
            return line.matches(of: pattern).map { match in
                "\(file.place(index + 1)): '\(match.0.trimmingPrefix(while: \.isWhitespace))'"
            }
        }
    }
}
