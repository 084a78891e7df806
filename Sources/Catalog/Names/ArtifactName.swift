import Bytes

/// How people point at an artifact: by tag, by version, or by the first digits of its digest.
///
/// `[owner/]model[:tag]`, `[owner/]model@v3`, `@2cf24dba` (also `@sha256:2cf24dba`), and `model@2cf24dba`, which also
/// says whose artifact it must be.
package enum ArtifactName: Hashable, Sendable {
    case tag(TagName)
    /// What was registered under the bare name as its `number`th; never moves.
    case version(model: String, number: Int)
    /// 4 to 64 lower-case hexadecimal digits that begin the digest.
    case digest(prefix: String, model: String?)

    /// Fewer digits than this are too easily typed by accident.
    package static let shortestPrefix = 4

    /// - Throws: `CatalogError` `badName`, which says what is allowed.
    package init(parsing text: String) throws(CatalogError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            self = .tag(try TagName(parsing: text))
            return
        }
        guard !parts[0].contains(":") else {
            throw TagName.fault("'\(text)' has both a tag and '@'", remedy: "Write model:tag, model@v3 or @digest")
        }
        let model = parts[0].isEmpty ? nil : try TagName(model: String(parts[0])).model
        let selector = parts[1]
        if selector.first == "v" || selector.first == "V" {
            let digits = selector.dropFirst()
            guard let model, let number = Int(digits), number >= 1, digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") })
            else { throw TagName.fault("'\(text)' names no version", remedy: "Write model@v1, model@v2 and so on") }
            self = .version(model: model, number: number)
            return
        }
        let digits = selector.hasPrefix("sha256:") ? selector.dropFirst(7) : selector
        guard (Self.shortestPrefix...2 * Digest.byteCount).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit),
            digits.allSatisfy(\.isASCII)
        else {
            throw TagName.fault(
                "'@\(selector)' is neither a version nor the beginning of a digest",
                remedy: "Write @v and a number, or @ and \(Self.shortestPrefix) to 64 hexadecimal digits")
        }
        self = .digest(prefix: digits.lowercased(), model: model)
    }
}

extension ArtifactName: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tag(let name): name.description
        case .version(let model, let number): "\(model)@v\(number)"
        case .digest(let prefix, let model): "\(model ?? "")@\(prefix)"
        }
    }
}
