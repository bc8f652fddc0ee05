"""The addresses of the pages. Each has a name; the sentence of each is the docstring of its view."""

from django.urls import path

from cityloom.web import case, intake, map_data, paths, photos, queue, report, signin, start, track

urlpatterns = [
    path("", start.start, name="start"),
    path("report/", report.report, name="report"),
    path("report/near/", report.near, name="report_near"),
    path("track/", track.enter_code, name="track"),
    path("t/<str:code>/", track.thread, name="thread"),
    path("t/<str:code>/move/", track.move, name="thread_move"),
    path("t/<str:code>/photo/<int:photo_id>", photos.photo_by_code, name="photo_by_code"),
    path("queue/", queue.queue, name="queue"),
    path("case/<str:number>/", case.case, name="case"),
    path("case/<str:number>/move/", case.move, name="case_move"),
    path("case/<str:number>/contact/", case.contact, name="case_contact"),
    path("new/", intake.intake, name="intake"),
    path("paths/", paths.paths, name="paths"),
    path("signin/", signin.sign_in, name="sign_in"),
    path("signin/post/", signin.choose_post, name="choose_post"),
    path("signout/", signin.sign_out, name="sign_out"),
    path("photo/<int:photo_id>", photos.photo, name="photo"),
    path("map/areas.geojson", map_data.areas, name="map_areas"),
    path("map/cases.geojson", map_data.cases, name="map_cases"),
    path("map/<slug:layer>.geojson", map_data.layer, name="map_layer"),
]
