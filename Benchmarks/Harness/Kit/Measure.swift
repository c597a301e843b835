/// Something that is measured, by the name that `ONLY=` takes.
struct Measure: Sendable {
    let name: String
    let about: String
    let run: @Sendable (Settings) throws -> [Row]

    struct Settings {
        /// How often each side is taken.
        var runs: Int
        /// The release build of the program, for what is measured from outside.
        var margay: String
        /// What is under way, for whoever waits.
        func note(_ text: String) { log(text) }
        var log: (String) -> Void
    }
}
