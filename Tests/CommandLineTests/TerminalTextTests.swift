import Testing

@testable import CommandLine

@Suite("Terminal text") struct TerminalTextTests {
    @Test(
        "shows what would act on the terminal as escapes",
        arguments: [
            ("a\u{1B}[2Jb", "a\\u{1b}[2Jb"), ("a\nb\tc\r", "a\\nb\\tc\\r"), ("\u{9B}31m", "\\u{9b}31m"),
            ("a\u{202E}b", "a\\u{202e}b"), ("é 模型 👩‍🔬", "é 模型 👩‍🔬"),
        ])
    func escapes(text: String, expected: String) {
        #expect(TerminalText.escaped(text) == expected)
    }

    @Test(
        "is measured in cells",
        arguments: [("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("模型", 4), ("👩‍🔬", 2), ("…", 1), ("─", 1)])
    func cells(text: String, expected: Int) {
        #expect(TerminalText.cellCount(text) == expected)
    }

    @Test("is padded by cells, not by characters") func padding() {
        #expect(TerminalText.padded("模型", to: 6) == "模型  ")
        #expect(TerminalText.padded("7", to: 3, .right) == "  7")
        #expect(TerminalText.padded("long", to: 2) == "long")
    }

    @Test(
        "is cut with an ellipsis that fits",
        arguments: [("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("模型模型", 4, "模…"), ("abc", 0, "")])
    func cutting(text: String, limit: Int, expected: String) {
        #expect(TerminalText.fitted(text, in: limit) == expected)
    }
}
