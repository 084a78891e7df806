/// Device and host memory as DeepSpeed's own estimators give them, with offload to the host.
///
/// Source: DeepSpeed, `stage_1_and_2.py` and `stage3.py`, `estimate_zero…_model_states_mem_needs`. They count 18 bytes a
/// parameter (an F32 gradient more than the ZeRO paper), the largest module for what stage 3 gathers, and half as much
/// again of host memory for safety.
package struct DeepSpeedEstimate: Equatable, Sendable {
    package var device: ByteFigure
    /// Of each machine.
    package var host: ByteFigure

    /// - Parameters:
    ///   - parameters: Ψ
    ///   - largestModule: parameters of the largest module.
    ///   - devices: all of them.
    ///   - machines: over which they are spread.
    /// - Throws: `PlanError` for a stage that cannot offload what was asked for.
    package init(
        parameters: Int, largestModule: Int, sharding: Sharding, offload: Offload, devices: Int, machines: Int
    ) throws(PlanError) {
        let all = try PlanError.positive(devices, "devices")
        _ = try PlanError.positive(machines, "machines")
        try Self.check(sharding, offload)
        let count = Count(parameters)
        let layer = Count(largestModule) * 4
        let perMachine = all / machines
        func half(_ bytes: Count) -> Count { (bytes * 3).shared(by: 2) }
        switch (sharding, offload) {
        case (.weights, .none):
            device = try .init((count * 18).shared(by: all) + layer, .published, "18Ψ/N + 4·largest")
            host = try .init(half(layer * Count(perMachine)), .published, "4·largest·N/nodes·1.5")
        case (.weights, .optimizer):
            device = try .init((count * 2).shared(by: all) + layer, .published, "2Ψ/N + 4·largest")
            host = try .init(half((count * 16).shared(by: machines)), .published, "16Ψ/nodes·1.5")
        case (.weights, .all):
            device = try .init(layer, .published, "4·largest")
            host = try .init(half((count * 18).shared(by: machines)), .published, "18Ψ/nodes·1.5")
        case (_, .none):
            device = try .init(count * 2 + (count * 18).shared(by: all), .published, "2Ψ + 18Ψ/N")
            host = try .init(half(count * 4 * Count(perMachine)), .published, "Ψ·4·N/nodes·1.5")
        default:
            device = try .init(count * 2, .published, "2Ψ")
            host = try .init(half(count * Count(max(4 * perMachine, 16))), .published, "Ψ·max(4·N/nodes, 16)·1.5")
        }
    }

    /// Whether a stage can offload what was asked for.
    package static func check(_ sharding: Sharding, _ offload: Offload) throws(PlanError) {
        if offload == .all, sharding != .weights {
            throw PlanError(
                "offload of the weights is asked for with ZeRO stage \(sharding.rawValue), and applies to stage 3 alone",
                remedy: "Use stage 3, or offload the optimizer alone")
        }
        if offload == .optimizer, sharding.rawValue < Sharding.gradients.rawValue {
            throw PlanError(
                "offload of the optimizer is asked for with ZeRO stage \(sharding.rawValue), and is known for stages 2 "
                    + "and 3",
                remedy: "Use stage 2 or 3, or leave offload out")
        }
    }
}
