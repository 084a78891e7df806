import Testing

@testable import CommandLine

@Suite("Environment") struct EnvironmentTests {
    @Test(
        "names the store's folder: option, INGOT_HOME, XDG_DATA_HOME, HOME",
        arguments: [
            ("opt", ["INGOT_HOME": "/i", "HOME": "/h"], "opt"),
            (nil, ["INGOT_HOME": "/i", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/i"),
            (nil, ["INGOT_HOME": "", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/x/ingot"),
            (nil, ["XDG_DATA_HOME": "relative", "HOME": "/h"], "/h/.local/share/ingot"),
            (nil, ["HOME": "/h"], "/h/.local/share/ingot"),
        ] as [(String?, [String: String], String)])
    func homeFolder(option: String?, variables: [String: String], expected: String) throws {
        let environment = Environment { variables[$0] }
        let folder = try environment.homeFolder(option: option)
        #expect(folder == expected)
    }

    @Test("without HOME asks for --home") func noHome() {
        let error = #expect(throws: (any Error).self) { try Environment { _ in nil }.homeFolder(option: nil) }
        #expect(error.map { "\($0)" }?.contains("--home") == true)
    }

    @Test("NO_COLOR turns emphasis off when it is not empty") func color() {
        #expect(Environment { ["NO_COLOR": ""][$0] }.allowsColor)
        #expect(!Environment { ["NO_COLOR": "1"][$0] }.allowsColor)
        #expect(TerminalStyle(isOn: false).bold("x") == "x")
        #expect(TerminalStyle(isOn: true).bold("x") == "\u{1B}[1mx\u{1B}[0m")
    }
}
