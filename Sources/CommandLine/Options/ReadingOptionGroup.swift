import ArgumentParser
import Registry

/// Options of commands that read files of other tools.
struct ReadingOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "PyTorch: where in the checkpoint the tensors are, such as 'model' or 'ema.state_dict'; '' for the whole "
                + "file (default: found).",
            valueName: "path"))
    var statePath: String?

    @Flag(help: "PyTorch: take 'module.' and '_orig_mod.' off the names when all have it.")
    var stripPrefix = false

    @Flag(help: "PyTorch: leave out objects of unknown classes, which are refused otherwise. Nothing is ever run.")
    var skipUnknown = false

    @Option(help: ArgumentHelp("NumPy: what elements without a type (V1, V2) are, such as bf16.", valueName: "dtype"))
    var voidDtype: String?

    var options: ReadingOptions {
        var options = ReadingOptions()
        options.statePath = statePath
        options.stripsPrefixes = stripPrefix
        options.skipsUnknown = skipUnknown
        options.voidDtype = voidDtype
        return options
    }
}
