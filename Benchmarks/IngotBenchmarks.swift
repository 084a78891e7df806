import ArgumentParser

/// What Ingot costs on this machine, beside what the machine can do. Build it with `-c release`.
@main
struct IngotBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingot-benchmarks",
        abstract: "Measure Ingot and the machine it runs on, per second of processor time.",
        discussion: """
            ingot-benchmarks generate --parameters 500M --out /tmp/bench-500m
            ingot-benchmarks whole --ingot .build/release/ingot --model /tmp/bench-500m --home /tmp/bench-home
            """,
        subcommands: [
            GenerateCommand.self, LimitsCommand.self, KernelsCommand.self, BlocksCommand.self,
            HeadersCommand.self, WholeCommand.self, QuantizeCommand.self, RewriteCommand.self, StoreCommand.self,
            CollectCommand.self,
            VerifyCommand.self, ReadCommand.self, ReadBlobCommand.self, ListingCommand.self,
            DiffCommand.self, RunsBenchCommand.self,
        ])
}
