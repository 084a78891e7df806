/// Over how many devices a model is spread, and how; checked against the model.
package struct Parallelism: Equatable, Sendable {
    /// N_d
    package var data = 1
    /// t
    package var tensor = 1
    /// p
    package var pipeline = 1
    /// V: chunks of the model on each pipeline rank.
    package var chunks = 1
    /// A, and m: micro-batches of an optimizer step.
    package var microBatches = 1

    package init() {}

    /// All devices: N_d·t·p.
    package var world: Count { Count(data) * Count(tensor) * Count(pipeline) }

    /// - Parameters:
    ///   - shape: the model; nil when its architecture is not known.
    ///   - world: the devices that there are, where that was said.
    /// - Throws: `PlanError` that names the field and both values.
    package func check(_ shape: ModelShape?, world stated: Int? = nil) throws(PlanError) {
        for (value, field) in [
            (data, "data"), (tensor, "tensor"), (pipeline, "pipeline"), (chunks, "chunks"),
            (microBatches, "micro-batches"),
        ] { _ = try PlanError.count(value, field) }
        let devices = try world.value(of: "the number of devices")
        if let stated, stated != devices {
            throw PlanError(
                "world (\(stated)) is not data · tensor · pipeline (\(data) · \(tensor) · \(pipeline) = \(devices))",
                remedy: "Correct one of them")
        }
        try checkSchedule()
        if let shape { try check(shape) }
    }

    /// Refuses to split matrices over more devices than a machine has: each block then waits several times for the links
    /// between machines.
    package func checkMachines(_ machines: Int) throws(PlanError) {
        let devices = try world.value(of: "the number of devices")
        guard machines > 1 else { return }
        let own = max(1, devices / machines)
        guard tensor > own else { return }
        throw PlanError(
            "tensor (\(tensor)) is more than the \(own) devices that each of \(machines) machines has: every block would "
                + "wait four times for the links between them",
            remedy: "Split the layers (pipeline) or the batch (data) across machines, or insist with "
                + "--tensor-across-machines")
    }

    private func checkSchedule() throws(PlanError) {
        if pipeline > 1, microBatches < pipeline {
            throw PlanError(
                "\(microBatches) micro-batches cannot fill \(pipeline) pipeline stages",
                remedy: "Accumulate over at least \(pipeline) micro-batches")
        }
        guard chunks > 1 else { return }
        guard pipeline > 1 else {
            throw PlanError(
                "chunks is \(chunks) and pipeline is 1: there is nothing to interleave",
                remedy: "Leave chunks out, or give pipeline a size")
        }
        guard microBatches.isMultiple(of: pipeline) else {
            throw PlanError(
                "\(microBatches) micro-batches are no multiple of the \(pipeline) pipeline stages, and chunks is \(chunks)",
                remedy: "Interleaving needs a multiple: accumulate over \((microBatches / pipeline + 1) * pipeline)")
        }
    }

    private func check(_ shape: ModelShape) throws(PlanError) {
        func divides(_ part: Int, _ name: String, _ whole: Int, _ field: String) throws(PlanError) {
            guard whole.isMultiple(of: part) else {
                throw PlanError(
                    "\(name) (\(part)) does not divide \(field) (\(whole))",
                    remedy: "Choose a divisor of \(whole)")
            }
        }
        try divides(tensor, "tensor", shape.heads, "the attention heads")
        try divides(tensor, "tensor", shape.experts?.feedForward ?? shape.feedForward, "the MLP width")
        try divides(pipeline * chunks, chunks > 1 ? "pipeline · chunks" : "pipeline", shape.layers, "the layers")
    }

    /// What the user should know about a layout that is allowed.
    package func notes(_ shape: ModelShape?) -> [String] {
        guard let shape, tensor > shape.keyValueHeads else { return [] }
        return [
            "tensor (\(tensor)) is more than the key/value heads (\(shape.keyValueHeads)): each head is replicated on "
                + "\(tensor / shape.keyValueHeads) devices or more"
        ]
    }
}
