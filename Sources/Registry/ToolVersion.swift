extension ModelRegistry {
    /// This tool's version, as recipes, derivations and `ingot version` state it.
    public static let version = "0.1.0"
}
