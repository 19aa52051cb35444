"""pymongo-async, with a generated client (see tour.py)."""

PASSWORD = "velvet Nineteen orbit"


def walk(tour):
    m, anybody = tour.models, tour.anybody()
    username, password = tour.admin
    body = m.UserLoginForm(username=username, password=password)
    admin = tour.bearer(tour.call("login_login_post", anybody, m.Token, body=body).access_token)

    body = m.UserCreate(username="gen", password=PASSWORD, userage=25, role="user")
    made = tour.call("create_user_users_create_post", admin, m.UserResponse, body=body)
    assert made.response_status is True
    gen = made.response_data
    assert (gen.username, gen.userage, gen.role) == ("gen", 25, "user")
    tour.refused("create_user_users_create_post", 409, admin, body=body)

    body = m.UserLogin(username="gen", password=PASSWORD)
    me = tour.bearer(tour.call("login_login_post", anybody, m.Token, body=body).access_token)
    one = tour.call("get_user_users_user_id_get", me, m.UserResponse, user_id=gen.id)
    assert one.response_data == gen
    tour.refused("get_users_users_get", 403, me)
    body = m.UserUpdate(userage=30)
    changed = tour.call("update_user_users_user_id_put", me, user_id=gen.id, body=body)
    assert changed.response_data.userage == 30

    order = m.GetUsersUsersGetSortOrder.DESC
    page = tour.call(
        "get_users_users_get", admin, m.UserListResponse,
        username="ge", min_age=30, max_age=30, skip=0, limit=10, sort_order=order,
    )  # fmt: skip
    assert [user.username for user in page.response_data] == ["gen"]
    tour.refused("get_users_users_get", 422, admin, limit=-1)

    gone = tour.call("delete_user_users_user_id_delete", admin, m.MessageResponse, user_id=gen.id)
    assert gone.response_status is True and gone.response_data is None
    tour.refused("delete_user_users_user_id_delete", 404, admin, user_id=gen.id)
