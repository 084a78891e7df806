/// A name that can be given to an artifact: `[owner/]model[:tag]`; without a tag, `latest` is meant.
///
/// Owner and model are letters, digits, `.`, `_` and `-` and begin with a letter, a digit or `_`; so is a tag, as in
/// the OCI distribution specification, section "Pulling manifests". Each has at most 128 characters. Names are unique
/// ignoring case and keep the case in which they were first given.
package struct TagName: Hashable, Sendable, CustomStringConvertible {
    /// `model` or `owner/model`.
    package let model: String
    package let tag: String

    /// The tag that a bare name means.
    package static let latest = "latest"
    static let longestPart = 128

    /// - Throws: `CatalogError` `badName`, which says what is allowed.
    package init(model: String, tag: String = Self.latest) throws(CatalogError) {
        let parts = model.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw Self.fault("'\(model)' has more than one '/'", remedy: "Write model or owner/model")
        }
        for part in parts { try Self.check(part, as: parts.count == 1 ? "model name" : "owner or model name") }
        try Self.check(tag, as: "tag")
        self.model = model
        self.tag = tag
    }

    /// - Throws: `CatalogError` `badName`; also for versions and digests, which nobody can give.
    package init(parsing text: String) throws(CatalogError) {
        guard !text.contains("@") else {
            throw Self.fault(
                "'\(text)' cannot be given as a name: '@' marks versions and digests",
                remedy: "Write model, model:tag or owner/model:tag")
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let tag = parts.count == 2 ? String(parts[1]) : Self.latest
        try self.init(model: String(parts.first ?? ""), tag: tag)
    }

    /// Whether a bare model name means this.
    package var isLatest: Bool { tag.lowercased() == Self.latest }

    /// `model` for the latest, else `model:tag`.
    package var description: String { isLatest ? model : "\(model):\(tag)" }

    private static func check(_ part: some StringProtocol, as what: String) throws(CatalogError) {
        guard let first = part.utf8.first else {
            throw fault("a \(what) is empty", remedy: "Write model, model:tag or owner/model:tag")
        }
        guard part.utf8.allSatisfy(isAllowed), first != UInt8(ascii: "."), first != UInt8(ascii: "-") else {
            throw fault(
                "'\(part)' is no \(what)",
                remedy: "Use letters, digits, '.', '_' and '-', and begin with a letter, a digit or '_'")
        }
        guard part.utf8.count <= longestPart else {
            throw fault(
                "a \(what) of \(part.utf8.count) characters is too long", remedy: "Use at most \(longestPart)")
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    static func fault(_ problem: String, remedy: String) -> CatalogError {
        CatalogError(.badName, problem, remedy: remedy)
    }
}
