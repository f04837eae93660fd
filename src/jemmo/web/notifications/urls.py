"""URLs of notifications, live events and support."""

from django.urls import path

from jemmo.web.notifications import live, notifications, support

urlpatterns = [
    path("help/", support.ask, name="help"),
    path("help/thread/", support.thread, name="help_thread"),
    path("help/pictures/<int:number>/", support.picture, name="help_picture"),
    path("help/badge/", support.badge, name="help_badge"),
    path("events/", live.stream, name="events"),
    path("notifications/", notifications.listing, name="notification_list"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/read/", notifications.read, name="notifications_read"),
    path("notifications/<int:number>/", notifications.toast, name="notification_toast"),
    path("settings/notifications/", notifications.settings, name="notifications"),
]
