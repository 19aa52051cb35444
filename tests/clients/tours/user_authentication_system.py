"""user-authentication-system, with a generated client (see tour.py)."""

EMAIL, PASSWORD = "gen@example.com", "velvet Nineteen orbit"


def walk(tour):
    m, anybody = tour.models, tour.anybody()
    username, password = tour.admin
    body = m.UserLoginForm(username=username, password=password)
    admin = tour.bearer(tour.call("login_login_post", anybody, m.Token, body=body).access_token)

    body = m.UserCreate(username="gen", email=EMAIL, password=PASSWORD)
    made = tour.call("create_user_users_post", admin, m.User, body=body)
    assert (made.username, made.email, made.role) == ("gen", EMAIL, "user")
    tour.refused("create_user_users_post", 400, admin, body=body)

    body = m.UserLogin(username="gen", password=PASSWORD)
    me = tour.bearer(tour.call("login_login_post", anybody, m.Token, body=body).access_token)
    assert tour.call("read_users_me_users_me_get", me, m.User) == made
    assert tour.call("read_user_users_username_get", me, m.User, username="gen") == made
    body = m.UserUpdate(email="new@example.com")
    changed = tour.call("update_user_users_username_put", me, m.User, username="gen", body=body)
    assert changed.email == "new@example.com"
    body = m.UserUpdate(role="admin")
    tour.refused("update_user_users_username_put", 403, me, username="gen", body=body)

    tour.call("logout_logout_post", me, m.Message)
    tour.refused("read_users_me_users_me_get", 401, me)
    tour.call("delete_user_users_username_delete", admin, m.Message, username="gen")
    tour.refused("delete_user_users_username_delete", 404, admin, username="gen")
