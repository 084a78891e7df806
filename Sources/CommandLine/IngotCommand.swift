import ArgumentParser
import Registry

/// The `ingot` command, with its subcommands.
struct IngotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingot",
        abstract: "Keep model weights: store them once, convert them, and query them by SQL.",
        discussion: """
            A first round:
              ingot register ./tiny-llama --as tiny-llama
              ingot convert tiny-llama --to nf4
              ingot sql "SELECT name, tag, bits_per_weight, rel_rmse FROM artifact_summary"
              ingot export tiny-llama:nf4 ./out

            Exit codes: 0 done, 1 failed, 64 misused, 130 interrupted.
            """,
        version: "ingot \(ModelRegistry.version)",
        subcommands: [
            RegisterCommand.self,
            InspectCommand.self,
            ConvertCommand.self,
            PruneCommand.self,
            SparsifyCommand.self,
            DistillCommand.self,
            MergeCommand.self,
            ExportCommand.self,
            ListCommand.self,
            ShowCommand.self,
            TensorsCommand.self,
            CompareCommand.self,
            PlanCommand.self,
            DiffCommand.self,
            RecipeCommand.self,
            LineageCommand.self,
            ReportCommand.self,
            ResultsCommand.self,
            RunsCommand.self,
            SQLCommand.self,
            TagCommand.self,
            NoteCommand.self,
            RenameCommand.self,
            RemoveCommand.self,
            VerifyCommand.self,
            RepairCommand.self,
            CollectCommand.self,
            EvictCommand.self,
            CompressCommand.self,
            BackupCommand.self,
            HomeCommand.self,
            DoctorCommand.self,
            FormatsCommand.self,
            VersionCommand.self,
        ])
}
