// Keeps an old reading from replacing a newer one: they run off the main actor and may overtake
// each other.

/// Numbers readings.
struct Turns {
  private var begun = 0
  private var shown = 0

  /// A reading begins.
  mutating func begin() -> Int {
    begun += 1
    return begun
  }

  /// Whether this reading is newer than what is shown; if so, it is what is shown now.
  mutating func isNews(_ turn: Int) -> Bool {
    guard turn > shown else { return false }
    shown = turn
    return true
  }
}
