"""What most FastAPI templates do for log-in, "me", refresh and a list: synchronous SQLAlchemy,
passlib with bcrypt, PyJWT with HS256, refresh tokens as rows that are replaced when used."""

import os
import uuid
from datetime import datetime, timedelta, timezone
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from passlib.context import CryptContext
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, String, create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SECRET = os.environ.get("APP_SECRET", "a secret of thirty-two bytes or more")
ALGORITHM = "HS256"
ACCESS_LIFETIME = timedelta(minutes=30)
REFRESH_LIFETIME = timedelta(days=7)

# One connection for each of 64 clients: with the pool's default of 15 they wait for each other.
engine = create_engine(os.environ["APP_DATABASE"], pool_size=128, max_overflow=0,
                       connect_args={"check_same_thread": False})  # fmt: skip
passwords = CryptContext(schemes=["bcrypt"], deprecated="auto")
app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="/login/access-token")


@event.listens_for(engine, "connect")
def durable(connection, _record):
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=10000")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True, index=True)
    full_name: Mapped[str | None] = mapped_column(String(255))
    hashed_password: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool]
    is_superuser: Mapped[bool]
    created_at: Mapped[datetime]


class RefreshToken(Base):
    __tablename__ = "refresh_tokens"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    token_id: Mapped[str] = mapped_column(String(36))


Base.metadata.create_all(engine)


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    email: str
    full_name: str | None
    is_active: bool
    is_superuser: bool
    created_at: datetime


class UsersOut(BaseModel):
    data: list[UserOut]
    count: int


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"


class RefreshIn(BaseModel):
    refresh_token: str


class FillIn(BaseModel):
    count: int
    password: str


def get_session():
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(get_session)]


def get_current_user(session: Database, token: Annotated[str, Depends(bearer)]):
    try:
        claims = jwt.decode(token, SECRET, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(403, "Could not validate credentials") from error
    user = session.get(User, claims["sub"])
    if user is None or not user.is_active:
        raise HTTPException(404, "User not found")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def sign(lifetime, **claims):
    return jwt.encode({"exp": datetime.now(timezone.utc) + lifetime, **claims}, SECRET, ALGORITHM)


def make_tokens(row):
    return Tokens(
        access_token=sign(ACCESS_LIFETIME, sub=row.user_id, jti=str(uuid.uuid4())),
        refresh_token=sign(REFRESH_LIFETIME, sub=row.id, jti=row.token_id),
    )


@app.post("/login/access-token")
def log_in(session: Database, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Tokens:
    user = session.scalar(select(User).where(User.email == form.username))
    if user is None or not passwords.verify(form.password, user.hashed_password):
        raise HTTPException(400, "Incorrect email or password")
    row = RefreshToken(id=str(uuid.uuid4()), user_id=user.id, token_id=str(uuid.uuid4()))
    session.add(row)
    session.commit()
    return make_tokens(row)


@app.post("/login/refresh")
def refresh(session: Database, body: RefreshIn) -> Tokens:
    try:
        claims = jwt.decode(body.refresh_token, SECRET, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(403, "Could not validate credentials") from error
    row = session.get(RefreshToken, claims["sub"])
    if row is None or row.token_id != claims["jti"]:
        raise HTTPException(403, "Could not validate credentials")
    row.token_id = str(uuid.uuid4())
    session.commit()
    return make_tokens(row)


@app.get("/users/me")
def read_me(user: CurrentUser) -> UserOut:
    return user


@app.get("/users/")
def read_users(session: Database, _user: CurrentUser, skip: int = 0, limit: int = 100) -> UsersOut:
    count = session.scalar(select(func.count()).select_from(User))
    users = session.scalars(select(User).order_by(User.email).offset(skip).limit(limit)).all()
    return UsersOut(data=[UserOut.model_validate(user) for user in users], count=count)


@app.post("/bench/fill", status_code=204)
def fill(session: Database, body: FillIn) -> None:
    hashed = passwords.hash(body.password)  # one for all: a thousand would take minutes
    now = datetime.now(timezone.utc)
    session.add_all(
        User(id=str(uuid.uuid4()), email=f"user{number:04d}@example.com", full_name=None,
             hashed_password=hashed, is_active=True, is_superuser=False, created_at=now)
        for number in range(1, body.count + 1)
    )  # fmt: skip
    session.commit()
