package import Bytes

/// What a parent gave to its child.
package enum ParentRole: String, CaseIterable, Sendable {
    case base, teacher, calibration, adapter
}

/// An artifact that another was made from.
package struct DerivationParent: Hashable, Sendable {
    package var digest: Digest
    package var role: ParentRole

    package init(_ digest: Digest, role: ParentRole = .base) {
        self.digest = digest
        self.role = role
    }
}

/// How an artifact was made. Equal parents and recipes are one derivation, however often it is done.
package struct DerivationDraft: Sendable {
    package var parents: [DerivationParent]
    /// The recipe as JSON; nil when it is not known, as for a variant that was made elsewhere.
    package var recipe: String?
    /// The digest of what the recipe means; it must come with a recipe.
    package var recipeDigest: Digest?
    package var tool: String?
    package var toolVersion: String?
    package var host: String?
    /// How long it took.
    package var seconds: Double?

    package init(
        parents: [DerivationParent], recipe: String? = nil, recipeDigest: Digest? = nil, tool: String? = nil,
        toolVersion: String? = nil, host: String? = nil, seconds: Double? = nil
    ) {
        self.parents = parents
        self.recipe = recipe
        self.recipeDigest = recipeDigest
        self.tool = tool
        self.toolVersion = toolVersion
        self.host = host
        self.seconds = seconds
    }
}
