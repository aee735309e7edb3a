//! Shows for one's calendar.

use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_show_can_be_taken_into_a_calendar_and_replaces_itself_when_it_is_called_off() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let path = format!("/api/shows/{show}/calendar.ics");
    let file = app.get(&path).await.expect(200);
    assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
    for line in ["SUMMARY:Hamlet", "STATUS:CONFIRMED", "SEQUENCE:0", &format!("UID:{show}@stagedoor")] {
        assert!(file.text.contains(&format!("\r\n{line}\r\n")), "{line} is not in {}", file.text);
    }
    let again = app.world.request("GET", app.running.port(), &path, None);
    let again = again.header("If-None-Match", &file.headers["etag"]).send().await.unwrap();
    assert_eq!(again.status(), 304, "the same show is the same file");

    let off = json!({ "status": "cancelled" });
    app.patch_as(&app.admin, &format!("/api/shows/{show}"), &off).await.expect(200);
    let file = app.get(&path).await.expect(200).text;
    assert!(file.contains("\r\nSTATUS:CANCELLED\r\n") && file.contains("\r\nSEQUENCE:1\r\n"), "{file}");
    app.get("/api/shows/01932f5c-7f1e-7cc3-98c4-dc0c0c07398f/calendar.ics").await.expect(404);
}
