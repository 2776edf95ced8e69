import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct NotificationListModelTests {
  private let core = FakeCore()
  private let model: NotificationListModel

  init() {
    model = NotificationListModel(core: core)
  }

  private var list: NotificationList? {
    if case .ready(let list) = model.state { list } else { nil }
  }

  @Test func withoutASessionTheSignInIsShown() async {
    #expect(model.state == .loading)
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func rowsAndTheNumberOfUnreadOnesAreShown() async {
    core.contents.notifications = [
      FakeCore.notification("n3"),
      FakeCore.notification("n2", read: true),
      FakeCore.notification("n1"),
    ]
    await model.refresh()
    #expect(
      model.state
        == .ready(NotificationList(rows: core.contents.notifications, more: false, unread: 2)))
  }

  @Test func theBadgeCountsUpToAHundred() async {
    core.contents.notifications = (1...120).map { FakeCore.notification("n\($0)") }
    await model.refresh()
    #expect(list?.unread == 100)
  }

  @Test func olderNotificationsAreShownWhenTheEndIsReached() async {
    core.contents.notifications = (1...70).map { FakeCore.notification("n\($0)") }
    await model.refresh()
    #expect(list?.rows.count == 50)
    #expect(list?.more == true)
    await model.showMore()
    #expect(list?.rows == core.contents.notifications)
    #expect(list?.more == false)
  }

  @Test func whatWasShownStaysShownWhenARowComesInBetween() async {
    core.contents.notifications = (1...70).map { FakeCore.notification("n\($0)") }
    await model.refresh()
    core.contents.notifications.insert(FakeCore.notification("n0"), at: 0)
    await model.showMore()
    #expect(list?.rows == core.contents.notifications)
  }

  @Test func openingARowMarksItRead() async {
    core.contents.notifications = [FakeCore.notification("n2"), FakeCore.notification("n1")]
    await model.refresh()
    await model.open(NotificationId("n1"))
    #expect(core.contents.calls == [.readNotification(NotificationId("n1"))])
    #expect(list?.rows.map(\.read) == [false, true])
    #expect(list?.unread == 1)
  }

  @Test func twoRowsOpenedAtOnceAreBothMarked() async {
    let model = self.model
    core.contents.notifications = [FakeCore.notification("n2"), FakeCore.notification("n1")]
    await model.refresh()
    async let first: Void = model.open(NotificationId("n1"))
    async let second: Void = model.open(NotificationId("n2"))
    _ = await (first, second)
    #expect(list?.unread == 0)
  }

  @Test func aRowThatIsReadIsNotMarkedAgain() async {
    core.contents.notifications = [FakeCore.notification("n1", read: true)]
    await model.refresh()
    await model.open(NotificationId("n1"))
    #expect(core.contents.calls == [])
  }

  @Test func aRowThatIsOpenedBeforeTheListIsReadIsMarkedToo() async {
    core.contents.notifications = [FakeCore.notification("n1")]
    await model.open(NotificationId("n1"))
    #expect(list?.rows.map(\.read) == [true])
  }

  @Test func whatCouldNotBeMarkedStaysUnreadAndSaysWhy() async {
    core.contents.notifications = [FakeCore.notification("n1")]
    core.contents.refusal = .StorageBroken(reference: "disk_full")
    await model.refresh()
    await model.open(NotificationId("n1"))
    #expect(model.errors.keys.map(\.value) == ["n1"])
    #expect(
      model.errors[NotificationId("n1")] == Message(.storageBroken, reference: "disk_full"))
    #expect(list?.unread == 1)
    core.contents.refusal = nil
    await model.open(NotificationId("n1"))
    #expect(model.errors.isEmpty)
    #expect(list?.unread == 0)
  }

  @Test func aNewNotificationIsShownUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { list != nil }
    core.contents.notifications = [FakeCore.notification("n1")]
    core.tell(.notifications)
    await until { list?.unread == 1 }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
