"""Invented people: common surnames and given names put together at random, and the first digits of mobile numbers."""

import random

PREFIXES = ("131", "135", "136", "138", "139", "150", "152", "158", "159", "176", "178", "186", "187", "188", "198")
_SURNAMES = "王李张刘陈杨赵孙周吴徐马朱胡郭高林何宋郑韩于冯董程曹袁许傅沈孔孟曾颜丁潘姜范方石贾夏侯邹熊尹毕亓苗逄"
_COMPOUND = ("欧阳", "上官", "诸葛", "司马")
_FIRST = "建国秀英桂兰志明丽文海春晓雅俊子雨欣宇浩思佳梦若立永德玉红金凤小大学振庆继传"
_LAST = "华平芳军强敏静伟涛玲霞鹏辉杰梅娟颖琳轩涵泽怡彤晨阳洁云峰林燕宁波刚勇萍东清泉山礼义信"


def invented_name(chance: random.Random, taken: set[str]) -> str:
    """A name nobody in `taken` has yet; it is added there."""
    while True:
        # the front of the list holds the most common surnames: squaring the draw prefers them
        surname = _SURNAMES[int(chance.random() ** 2 * len(_SURNAMES))]
        if chance.random() < 0.015:
            surname = chance.choice(_COMPOUND)
        given = chance.choice(_LAST) if chance.random() < 0.22 else chance.choice(_FIRST) + chance.choice(_LAST)
        name = surname + given
        if name not in taken:
            taken.add(name)
            return name
