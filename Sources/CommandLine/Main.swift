import ArgumentParser
import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process: runs one command, and turns what it throws into a message and an exit code.
@main enum Main {
    static func main() async {
        exit(await exitCode(running: Array(Swift.CommandLine.arguments.dropFirst())))
    }

    /// Runs the command that `arguments` name.
    private static func exitCode(running arguments: [String]) async -> Int32 {
        do {
            let command = try IngotCommand.parseAsRoot(arguments)
            try await FileSystemKind.$override.withValue(try Environment.process.fileSystem()) {
                try await run(command)
            }
            return 0
        } catch {
            return exitCode(reporting: error)
        }
    }

    private static func run(_ command: any ParsableCommand) async throws {
        var command = command
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// Tells the user about `error`, which may also be a request for help.
    private static func exitCode(reporting error: any Error) -> Int32 {
        switch error {
        case is ClosedPipe: return 128 + SIGPIPE
        case let interrupted as Interrupted:
            Notices.line(interrupted.message)
            return interrupted.exitCode
        case let code as ExitCode: return code.rawValue
        default: break
        }
        switch IngotCommand.exitCode(for: error) {
        case .success:
            let text = IngotCommand.fullMessage(for: error)
            print(BashNames.isNeeded(by: text) ? text + BashNames.script : text)
            return 0
        case .validationFailure:
            // A list of choices comes in lines.
            let message = IngotCommand.message(for: error)
            Notices.error(message.replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", "))
            // The last line of the long form names the help page.
            if let hint = IngotCommand.fullMessage(for: error).split(separator: "\n").last { Notices.line("\(hint)") }
            return ExitCode.validationFailure.rawValue
        default:
            Notices.error("\(error)")
            return ExitCode.failure.rawValue
        }
    }
}
