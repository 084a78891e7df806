import ArgumentParser
import Registry

/// `ingot recipe`: the recipes that have a name.
struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract: "List the recipes that have a name, and print one to be edited.",
        discussion: """
            A recipe says what becomes of each tensor. docs/recipes.md tells how to write one.

            Examples:
              ingot recipe ls
              ingot recipe ls --schemes
              ingot recipe show q4_k_m > mine.yaml
            """,
        subcommands: [RecipeListCommand.self, RecipeShowCommand.self], defaultSubcommand: RecipeListCommand.self)
}

/// `ingot recipe ls`: a row for each recipe.
struct RecipeListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List mixtures; with --schemes also what has one scheme for all tensors.",
        discussion: """
            BITS is what a weight takes in Llama 3.1 8B, scales and dense tensors included.

            Examples:
              ingot recipe ls
              ingot recipe ls --schemes --output markdown
            """)

    @Flag(help: "List the schemes too.")
    var schemes = false

    @OptionGroup var rows: RowOptions

    func run() throws {
        try rows.print(ModelRegistry.recipes(schemes ? .all : .mixtures), columns: Self.columns, shown: Self.shown)
    }

    static let columns: [Column<RecipeRow>] = [
        Column("name") { .text($0.name) },
        Column("family") { .text($0.family) },
        Column("kind") { .text($0.kind) },
        Column("bits") { .optional($0.bits) },
        Column("description") { .text($0.description) },
    ]

    private static let shown: [Column<RecipeRow>] = [
        Column("name") { .text($0.name) },
        Column("family") { .text($0.family) },
        Column("bits") { .optional($0.bits.map { ($0 * 100).rounded() / 100 }) },
        Column("what") { .text($0.description) },
    ]
}

/// `ingot recipe show`: one recipe, as YAML.
struct RecipeShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a recipe as YAML.",
        discussion: """
            Converting with the printed file makes the same bytes as converting to the name.

            Examples:
              ingot recipe show q4_k_m
              ingot recipe show mlx-mixed_3_6 --json
            """)

    @Argument(help: "A recipe or scheme, in full (gguf-q4_k_m) or short (q4_k_m).")
    var name: String

    @OptionGroup var document: DocumentOptions

    func run() throws {
        let report = try ModelRegistry.recipe(named: name)
        let lines = report.yaml.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        try document.print(report, summary: lines, quietly: false)
    }
}
