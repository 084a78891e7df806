import ArgumentParser
import Bytes
import Registry

/// What every plan is made for: the model, the batch, the devices.
struct PlanOptions: ParsableArguments {
    @Argument(help: "An artifact, or the path of a config.json or of a folder that holds one.")
    var model: String

    @Option(help: ArgumentHelp("Sequences at once (default: 1).", valueName: "count"))
    var batch = 1

    @Option(help: ArgumentHelp("Devices among which each matrix is split (default: 1).", valueName: "count"))
    var tensor = 1

    @Option(help: ArgumentHelp("The memory of each device, such as 24GB or 80GiB.", valueName: "size"))
    var memory: ByteSize?

    @Option(
        help: ArgumentHelp(
            "What the framework takes on each device before any tensor, as measured there (default: nothing).",
            valueName: "size"))
    var reserve: ByteSize?

    /// The target, for one context or the model's own.
    func target(context: Int? = nil) -> PlanTarget {
        var target = PlanTarget(model: model, batch: batch)
        target.context = context
        target.tensor = tensor
        target.memoryBytes = memory?.byteCount
        target.reserveBytes = reserve?.byteCount ?? 0
        return target
    }
}

/// The options of plans for one context, on devices that may form a pipeline.
struct PlanDeviceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokens of each sequence (default: what the model is made for, 4096 at most).", valueName: "tokens"))
    var context: Int?

    @Option(help: ArgumentHelp("Devices among which the layers are split (default: 1).", valueName: "count"))
    var pipeline = 1

    @Option(
        name: .customLong("peak-flops"),
        help: ArgumentHelp("What a device computes at best, such as 989TFLOP/s.", valueName: "rate"))
    var peakOperations: Rate?

    /// Adds what was given to a target.
    func complete(_ target: inout PlanTarget) {
        target.context = context
        target.pipeline = pipeline
        target.peakOperations = peakOperations?.value
    }
}

extension StoreOptions {
    /// The store, where there is one: plans of a config.json need none.
    func registryIfThere() throws -> ModelRegistry? {
        let folder = try Environment.process.homeFolder(option: home)
        return Folder.exists(folder + "/catalog.sqlite") ? try registry(.readOnly) : nil
    }
}
