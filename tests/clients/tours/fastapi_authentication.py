"""fastapi-authentication, with a generated client (see tour.py)."""

EMAIL, PASSWORD = "gen@example.com", "velvet Nineteen orbit"


def walk(tour):
    m, anybody = tour.models, tour.anybody()
    body = m.UserCreate(username="gen", email=EMAIL, password=PASSWORD)
    made = tour.call("signup_signup_post", anybody, m.SignupResponse, body=body)
    assert (made.data.username, made.data.email, made.token_type) == ("gen", EMAIL, "bearer")
    tour.refused("signup_signup_post", 409, tour.anybody(), body=body)

    for kind in (m.UserLogin, m.UserLoginForm):
        body = kind(email=EMAIL, password=PASSWORD)
        grant = tour.call("login_login_post", tour.anybody(), m.LoginResponse, body=body)
        assert grant.data == made.data
    me = tour.bearer(grant.access_token)
    assert tour.call("get_user_user_get", me, m.User) == made.data
    renewed = tour.call(
        "refresh_access_token_refresh_access_token_get",
        tour.bearer(grant.refresh_token), m.RefreshResponse,
    )  # fmt: skip
    assert renewed.user == made.data and renewed.expires_in > 0

    username, password = tour.admin
    body = m.UserLoginForm(username=username, password=password)
    grant = tour.call("login_login_post", tour.anybody(), m.LoginResponse, body=body)
    admin = tour.bearer(grant.access_token)
    body = m.RoleCreate(name="auditor", permissions=["users:read", "products:read"])
    tour.call("create_role_users_roles_post", admin, m.Message, body=body)
    tour.refused("create_role_users_roles_post", 403, me, body=body)

    tour.call("logout_logout_post", me, m.Message)
    tour.refused("get_user_user_get", 401, me)
    tour.call("delete_user_users_user_id_delete", admin, m.Message, user_id=made.data.id)
    tour.refused("delete_user_users_user_id_delete", 404, admin, user_id=made.data.id)
