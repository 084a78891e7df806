import ArgumentParser
import Registry

/// `ingot inspect`: what a file or folder holds, without registering it.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a weights file or a model's folder holds, without registering it.",
        discussion: """
            Headers are read, tensors are not (but with --scale-rules); an unsound file is an error that names the place. Nothing in a file \
            is ever run: a pickle is read by a machine that knows tensors, containers and numbers, and calls nothing.

            --globals lists the classes and functions that a pickle names, also of files that would be refused, and \
            exits with 1 when one of them is not on the list of those that are understood.

            --scale-rules reads the blocks of MXFP4 and MXFP8 tensors and lists which of the rules floor, nearest, \
            ceil and bump can have made their scales: those that no block excludes.

            Examples:
              ingot inspect model.gguf
              ingot inspect ./Llama-3.2-1B-GPTQ --tensors
              ingot inspect --scale-rules ./gpt-oss-20b
              ingot inspect --globals pytorch_model.bin
            """)

    @Argument(help: "A weights file, or a folder that holds some.", completion: .file())
    var path: String

    @Flag(help: "List every tensor.")
    var tensors = false

    @Flag(help: "Tell by which rules MX scales can have been made.")
    var scaleRules = false

    @Flag(help: "List the globals of a pickle instead.")
    var globals = false

    @OptionGroup var reading: ReadingOptionGroup
    @OptionGroup var document: DocumentOptions

    func validate() throws {
        guard !globals || !(tensors || scaleRules) else {
            let other = tensors ? "--tensors" : "--scale-rules"
            throw ValidationError("--globals and \(other) contradict each other: globals are listed without loading.")
        }
    }

    func run() throws {
        guard globals else {
            let report = try ModelRegistry.inspect(
                path, reading: reading.options, listsTensors: tensors || document.json,
                findsScaleRules: scaleRules)
            return try document.print(
                report, summary: report.summary(listsTensors: tensors), notes: report.notes, quietly: false)
        }
        let report = try ModelRegistry.globals(in: path)
        try document.print(report, summary: report.summary, quietly: false)
        if !report.isClean { throw ExitCode.failure }
    }
}
