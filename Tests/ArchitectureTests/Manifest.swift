/// What `Package.swift` says of its targets, in its order.
struct Manifest {
    /// One target of the list.
    struct Target: Equatable {
        /// What SwiftPM makes of the target.
        enum Kind: String { case library = "target", executable = "executableTarget", test = "testTarget" }

        var name: String
        var kind: Kind
        /// The folder that holds its sources, from the project's folder.
        var folder: String
        /// Every name in the list of dependencies, those of other packages' products too.
        var dependencies: Set<String>
        /// Whether the target takes the settings named `walls`.
        var hasWalls: Bool
    }

    let targets: [Target]

    /// Reads the calls `.target(…)`, `.executableTarget(…)` and `.testTarget(…)`; calls inside another are part of it.
    init(parsing text: String) {
        let source = SourceText(path: "Package.swift", text: text)
        let written = Array(text.utf8)
        let code = Array(source.codeLines.joined(separator: "\n").utf8)
        var targets: [Target] = []
        var index = 0
        while index < code.count {
            guard let kind = Self.kind(at: index, in: code), let end = Self.closing(from: index, in: code) else {
                index += 1
                continue
            }
            if let target = Self.target(kind, String(decoding: written[index..<end], as: UTF8.self)) {
                targets.append(target)
            }
            index = end
        }
        self.targets = targets
    }

    private static func kind(at index: Int, in code: [UInt8]) -> Target.Kind? {
        [Target.Kind.library, .executable, .test].first { code[index...].starts(with: ".\($0.rawValue)(".utf8) }
    }

    /// The index after the parenthesis that closes the first one at or after `start`.
    private static func closing(from start: Int, in code: [UInt8]) -> Int? {
        var depth = 0
        for index in start..<code.count {
            if code[index] == UInt8(ascii: "(") { depth += 1 }
            if code[index] == UInt8(ascii: ")") {
                depth -= 1
                if depth == 0 { return index + 1 }
            }
        }
        return nil
    }

    private static func target(_ kind: Target.Kind, _ call: String) -> Target? {
        guard let name = call.firstMatch(of: #/name:\s*"([^"]+)"/#)?.1 else { return nil }
        let path = call.firstMatch(of: #/path:\s*"([^"]+)"/#)?.1
        let list = call.firstMatch(of: #/(?s)dependencies:\s*\[(.*?)\]/#)?.1 ?? ""
        return Target(
            name: String(name), kind: kind,
            folder: path.map(String.init) ?? (kind == .test ? "Tests/\(name)" : "Sources/\(name)"),
            dependencies: Set(list.matches(of: #/"([^"]+)"/#).map { String($0.1) }),
            hasWalls: call.contains(#/swiftSettings:\s*walls\b/#))
    }
}
