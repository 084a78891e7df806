import Testing

@testable import CommandLine

@Suite("Recipes by name", .timeLimit(.minutes(20))) struct RecipeTests {
    private let ingot = IngotProcess(home: "/nonexistent")

    @Test("are listed, schemes when asked for") func list() throws {
        let mixtures = try ingot.succeeding("recipe", "ls").output
        #expect(mixtures.contains("gguf-q4_k_m"))
        #expect(mixtures.contains("mlx-mixed_3_6"))
        #expect(!mixtures.contains("bnb-nf4"))
        #expect(try ingot.succeeding("recipe").output == mixtures)
        #expect(try ingot.succeeding("recipe", "ls", "--schemes").output.contains("bnb-nf4-dq"))
    }

    @Test("are shown as YAML") func show() throws {
        let yaml = try ingot.succeeding("recipe", "show", "q4_k_m").output
        #expect(yaml.hasPrefix("# llama.cpp's file type 15."))
        #expect(yaml.contains("      scheme: gguf-q4_k_m\n"))
        #expect(yaml.hasSuffix("    rules: []\n"))
        #expect(try ingot.succeeding("recipe", "show", "mixed_3_6").output.contains("layers: more"))
    }

    @Test("that nobody knows, or several are, are refused") func refusals() throws {
        let unknown = try ingot("recipe", "show", "q4_k_n")
        #expect(unknown.exitCode == 1)
        #expect(unknown.errors.contains("Did you mean gguf-q4_k_m"))
        let ambiguous = try ingot("recipe", "show", "mxfp4")
        #expect(ambiguous.exitCode == 1)
        #expect(ambiguous.errors.contains("Say which: gguf-mxfp4, mlx-mxfp4, ct-mxfp4"))
    }
}
