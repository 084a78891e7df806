/// What each replica holds of a model whose tensors are cut one by one, as FSDP2 does it: along the first dimension, by
/// division that is rounded up, so that the last replicas hold less, and nothing of a dimension smaller than N.
///
/// Source: PyTorch, `torch/distributed/fsdp/_fully_shard/_fsdp_param.py`, which cuts as `torch.chunk` does.
package struct ShardedTensors: Equatable, Sendable {
    private let tensors: [ModelTensor]
    private let replicas: Int

    package init(_ shape: ModelShape, replicas: Int) throws(PlanError) {
        tensors = shape.tensors
        self.replicas = try PlanError.positive(replicas, "data")
    }

    /// The parameters of the replica that holds most: the first.
    package var largest: Int { get throws(PlanError) { try parameters(of: 0) } }

    /// The parameters of all replicas.
    package var total: Int {
        get throws(PlanError) { try tensors.reduce(Count(0)) { $0 + $1.totalCount }.value(of: "the parameters") }
    }

    /// The parameters of one replica, from 0.
    package func parameters(of replica: Int) throws(PlanError) -> Int {
        var sum = Count(0)
        for tensor in tensors {
            let rows = tensor.shape.first ?? 1
            let share = (rows + replicas - 1) / replicas
            let own = max(0, min(share, rows - replica * share))
            let row = tensor.shape.dropFirst().reduce(Count(1)) { $0 * Count($1) }
            sum = sum + Count(own) * row * Count(tensor.copies)
        }
        return try sum.value(of: "the parameters of a replica")
    }
}
