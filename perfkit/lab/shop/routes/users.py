"""GET /users/{user_id}: one row by its key. Healthy at all times, for comparison."""

from fastapi import APIRouter, HTTPException

from perfkit.lab.shop.models import User
from perfkit.lab.shop.state import ShopDependency

router = APIRouter()


@router.get("/users/{user_id}")
async def get_user(shop: ShopDependency, user_id: int) -> dict[str, str | int]:
    """Return one user."""
    async with shop.session() as session:
        user = await session.get(User, user_id)
    if user is None:
        raise HTTPException(404, "no such user")
    return {"id": user.id, "email": user.email, "name": user.name}
