"""fastapi-jwt-mongodb, with a generated client (see tour.py)."""

EMAIL, PASSWORD = "gen@example.com", "velvet Nineteen orbit"


def walk(tour):
    m, anybody = tour.models, tour.anybody()
    body = m.UserRegister(username="gen", email=EMAIL, password=PASSWORD)
    made = tour.call("register_auth_register_post", anybody, m.User, body=body)
    assert (made.username, made.email, made.role) == ("gen", EMAIL, "user")
    tour.refused("register_auth_register_post", 409, anybody, body=body)

    for kind in (m.UserLogin, m.UserLoginForm):
        body = kind(username="gen", password=PASSWORD)
        token = tour.call("login_auth_login_post", anybody, m.Token, body=body)
    me = tour.bearer(token.access_token)
    tour.refused("get_users_users_get", 403, me)

    username, password = tour.admin
    body = m.UserLoginForm(username=username, password=password)
    admin = tour.bearer(tour.call("login_auth_login_post", anybody, body=body).access_token)
    assert made in tour.call("get_users_users_get", admin, m.User)
    body = m.UserCreate(username="gen-2", email="g2@example.com", password=PASSWORD, role="admin")
    other = tour.call("create_user_users_post", admin, m.User, body=body)
    assert other.role == "admin"
    body = m.UserUpdate(email="new@example.com", role="user")
    changed = tour.call("update_user_users_id_put", admin, m.User, id=other.id, body=body)
    assert (changed.email, changed.role) == ("new@example.com", "user")
    tour.call("delete_user_users_id_delete", admin, m.Message, id=other.id)
    tour.refused("delete_user_users_id_delete", 404, admin, id=other.id)

    tour.call("logout_auth_logout_post", me, m.Message)
    tour.refused("get_users_users_get", 401, me)
