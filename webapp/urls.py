"""All routes: pages, the REST API and its documents, health and the admin site."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from webapp import api, dashboard, health, reveal

handler400 = "webapp.errors.bad_request"
handler403 = "webapp.errors.permission_denied"
handler404 = "webapp.errors.page_not_found"
handler500 = "webapp.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/v1/", api.ApiRoot.as_view(), name="api-root"),
    path("api/v1/", include("feedback.api.urls")),
    path("api/v1/", include("training.api.urls")),
    re_path(r"^api(/.*)?$", api.NoSuchEndpoint.as_view()),
    path("", include("feedback.urls")),
    path("projects/<slug:slug>/", dashboard.project, name="project"),
    path("projects/<slug:slug>/reveal/<int:pk>/", reveal.reveal, name="reveal"),
    path("", include("training.urls")),
]
