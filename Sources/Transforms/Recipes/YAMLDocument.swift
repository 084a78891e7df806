package import Bytes
import Yams

/// A YAML document that others wrote, read under caps: JSON is YAML as well.
///
/// Anchors are refused, as aliases could make a small text stand for a huge one. The nesting that libyaml allows (1,000
/// levels) is far more than a recipe has; what is deeper it refuses.
package struct YAMLDocument {
    package let root: RecipeNode

    static let mostBytes = 1 << 20

    /// - Parameters:
    ///   - file: the file's name, for messages.
    ///   - remedy: what to do with a document that is not understood.
    package init(parsing text: [UInt8], file: String, remedy: String = Self.remedy) throws(FormatError) {
        guard text.count <= Self.mostBytes else {
            throw FormatError(
                .refused, "a document of \(text.count) bytes, at most \(Self.mostBytes) are read", file: file,
                remedy: "Check the path")
        }
        guard let yaml = String(validating: text, as: UTF8.self) else {
            throw FormatError(.corrupt, "it is no UTF-8 text", file: file, remedy: "Check the path")
        }
        if let line = Self.lineOfAnchor(text) {
            throw FormatError(
                .unsupported, "line \(line): anchors ('&name') are not read", file: file,
                remedy: "Write the value out, or quote a text in which '&' follows a space")
        }
        do {
            guard let node = try Yams.compose(yaml: yaml) else {
                throw FormatError(.corrupt, "the document is empty", file: file, remedy: remedy)
            }
            root = RecipeNode(node, path: "", file: file, remedy: remedy)
        } catch let error as FormatError {
            throw error
        } catch {
            throw Self.fault(error, file: file, remedy: remedy)
        }
    }

    package static let remedy = "Compare it with what 'ingot recipe show nf4' prints"

    private static func fault(_ error: any Error, file: String, remedy: String) -> FormatError {
        var problem = "it is no YAML"
        switch error as? YamlError {
        case .scanner(_, let reason, let mark, _), .parser(_, let reason, let mark, _),
            .composer(_, let reason, let mark, _):
            let isTooDeep = reason.contains("nesting level")
            let fault = isTooDeep ? "too many levels of lists and mappings" : reason.trimmingPeriod
            problem = "line \(mark.line): \(fault)"
        case .duplicatedKeysInMapping(let keys, let context):
            problem = "line \(context.mark.line): the key '\((keys.first ?? "").shortened)' stands there twice"
        default: break
        }
        return FormatError(.corrupt, problem, file: file, remedy: remedy)
    }

    /// The line of the first `&` that could begin an anchor: one where a value may start, with a letter behind it.
    private static func lineOfAnchor(_ text: [UInt8]) -> Int? {
        let openers = Set(" \t\r\n,[]{}:?-".utf8)
        var line = 1
        for (place, byte) in text.enumerated() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte == UInt8(ascii: "&"), place == 0 || openers.contains(text[place - 1]), place + 1 < text.count,
                !Set(" \t\r\n&".utf8).contains(text[place + 1])
            else { continue }
            return line
        }
        return nil
    }
}

extension String {
    fileprivate var trimmingPeriod: String { hasSuffix(".") ? String(dropLast()) : self }
}

/// A value in a recipe file, with the place that messages name.
package struct RecipeNode {
    private let node: Node
    /// `steps[0].rules[2].layers`; empty for the whole.
    private let path: String
    private let file: String
    private let remedy: String

    init(_ node: Node, path: String, file: String, remedy: String) {
        self.node = node
        self.path = path
        self.file = file
        self.remedy = remedy
    }

    private func child(_ node: Node, _ path: String) -> Self { Self(node, path: path, file: file, remedy: remedy) }

    /// An error at this place.
    package func fault(_ problem: String, remedy: String? = nil) -> FormatError {
        let line = node.mark.map { "line \($0.line)" }
        let place = [line, path.isEmpty ? nil : "'\(path)'"].compactMap(\.self).joined(separator: ", ")
        return FormatError(
            .refused, place.isEmpty ? problem : "\(place): \(problem)", file: file, remedy: remedy ?? self.remedy)
    }

    /// The members of a mapping.
    /// - Throws: `FormatError` for what is none, and for a key that is not among `known`.
    package func members(_ known: [String]) throws(FormatError) -> [String: RecipeNode] {
        guard let mapping = node.mapping else {
            throw fault("it is no mapping with the keys \(known.joined(separator: ", "))")
        }
        var members: [String: RecipeNode] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            let child = child(value, path.isEmpty ? name.shortened : "\(path).\(name.shortened)")
            guard known.contains(name) else {
                throw self.child(key, child.path).fault(
                    "there is no such key", remedy: "Known are \(known.joined(separator: ", "))")
            }
            members[name] = child
        }
        return members
    }

    /// The items of a list.
    package func items(atMost most: Int) throws(FormatError) -> [RecipeNode] {
        guard let list = node.sequence else { throw fault("it is no list") }
        guard list.count <= most else { throw fault("a list of \(list.count), at most \(most) are read") }
        return list.enumerated().map { child($1, "\(path)[\($0)]") }
    }

    /// The text of a scalar.
    package func text() throws(FormatError) -> String {
        guard let scalar = node.scalar, !scalar.string.isEmpty else { throw fault("it is no text") }
        guard scalar.string.utf8.count <= 4096 else { throw fault("a text of \(scalar.string.utf8.count) bytes") }
        return scalar.string
    }

    /// Whether it is a list.
    package var isList: Bool { node.sequence != nil }
    /// Whether it is a mapping.
    package var isMapping: Bool { node.mapping != nil }

    /// A finite number.
    package func number() throws(FormatError) -> Double {
        guard let value = Double(try text()), value.isFinite else {
            throw fault("'\(try text().shortened)' is no finite number")
        }
        return value
    }

    package func integer() throws(FormatError) -> Int {
        guard let value = Int(try text()) else { throw fault("'\(try text().shortened)' is no whole number") }
        return value
    }

    package func bool() throws(FormatError) -> Bool {
        switch try text() {
        case "true": return true
        case "false": return false
        case let other: throw fault("'\(other.shortened)' is neither true nor false")
        }
    }

    /// What `parse` makes of the text, its error said to be here.
    package func parsed<Value>(_ parse: (String) throws(FormatError) -> Value) throws(FormatError) -> Value {
        let text = try text()
        do { return try parse(text) } catch { throw fault(error.problem, remedy: error.remedy) }
    }

    /// One of the words of an enumeration.
    package func word<Word: RawRepresentable & CaseIterable>(
        _ type: Word.Type
    ) throws(FormatError) -> Word where Word.RawValue == String {
        let text = try text()
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault("'\(text.shortened)' is not known here", remedy: "Choose one of \(known)")
        }
        return word
    }
}
