/// A store of models and its catalog, in one folder: the way into Ingot.
///
/// Each act is one method, in a file of its own. Values are safe to share; several processes may use one home at once.
public struct ModelRegistry: Sendable {
    /// The store's folder.
    public let home: String
}
