/// The values that a pickle keeps under numbers. Writers count from 0 on without gaps; other numbers are kept too.
struct PickleMemo {
    private var dense: [PickleNodes.Index] = []
    private var sparse: [Int: PickleNodes.Index] = [:]

    var count: Int { dense.count + sparse.count }

    /// What it takes in memory, nearly.
    var byteCount: Int { 4 * dense.count + 48 * sparse.count }

    subscript(key: Int) -> PickleNodes.Index? {
        get { dense.indices.contains(key) ? dense[key] : sparse[key] }
        set {
            guard let newValue else { return }
            if dense.indices.contains(key) {
                dense[key] = newValue
            } else if key == dense.count {
                dense.append(newValue)
                sparse[key] = nil
            } else {
                sparse[key] = newValue
            }
        }
    }
}
