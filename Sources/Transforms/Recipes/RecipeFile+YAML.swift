import Bytes

extension RecipeFile {
    /// The recipe as YAML, ready to be edited.
    /// - Parameter comments: lines that stand above it.
    package func yaml(comments: [String] = []) -> String {
        var lines = comments.map { $0.isEmpty ? "#" : "# \($0)" }
        if let name { lines.append("name: \(name)") }
        if let description { lines.append("description: \(Self.scalar(description))") }
        lines.append("steps:")
        for step in steps {
            let rules = step.settings.rules
            lines.append("  - transform: \(step.transform)")
            lines.append("    parameters:")
            lines += step.settings.parameters.members.map { "      \($0.key): \(Self.scalar($0.value))" }
            lines.append(rules.isEmpty ? "    rules: []" : "    rules:")
            for rule in rules {
                for (place, member) in (rule.json.objectValue?.members ?? []).enumerated() {
                    lines.append("      \(place == 0 ? "- " : "  ")\(member.key): \(Self.scalar(member.value))")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func scalar(_ value: JSONValue) -> String {
        value.stringValue.map(scalar) ?? value.text(.compact)
    }

    /// A text as it is, where no sign in it means anything to YAML; else quoted as JSON does.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.first?.isLetter == true && !text.contains(": ") && !text.contains(" #") && !text.hasSuffix(":")
            && !text.hasSuffix(" ") && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        return isPlain ? text : JSONValue.string(text).text(.compact)
    }
}
